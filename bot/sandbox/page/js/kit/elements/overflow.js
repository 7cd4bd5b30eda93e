/** `overflow`: "⋯", and the menu behind it. */

import { h, uid, webUrl } from "../../dom.js";
import { act, marks } from "../acting.js";
import { tiePopup } from "../popup.js";
import { plainOf } from "../text.js";

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderOverflow(element, place) {
  const menuId = uid("menu");
  const button = h(
    "button",
    {
      type: "button",
      class: "kit-button kit-overflow",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-controls": menuId,
      dataset: marks(place.block, element),
    },
    h("span", { "aria-hidden": "true" }, "⋯"),
  );
  const pick = (option) => {
    popup.close();
    button.focus();
    act(button, place, { choose: option.value });
  };
  const menu = h(
    "div",
    {
      id: menuId,
      class: "kit-menu",
      role: "menu",
      "aria-label": "More actions",
      dataset: { align: "right" },
    },
    (element.options ?? []).map((option) => item(option, () => pick(option))),
  );
  const popup = tiePopup(button, menu);
  return h("span", { class: "kit-control" }, button, menu);
}

function item(option, pick) {
  const href = webUrl(option.url);
  const words = [
    h("span", { class: "kit-menu-text" }, plainOf(option.text)),
    option.description && h("span", { class: "kit-menu-about" }, plainOf(option.description)),
  ];
  const props = { class: "kit-menu-item", role: "menuitem", tabindex: "-1", onclick: pick };
  return href
    ? h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, words)
    : h("button", { ...props, type: "button" }, words);
}
