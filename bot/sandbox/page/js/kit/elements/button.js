/** `button`: a button, or a link where it leads somewhere; the app hears of both. */

import { h, webUrl } from "../../dom.js";
import { act, marks } from "../acting.js";
import { plainOf } from "../text.js";

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderButton(element, place) {
  const style = ["primary", "danger"].includes(element.style) ? ` kit-button-${element.style}` : "";
  const href = webUrl(element.url);
  const props = {
    class: `kit-button${style}`,
    "aria-label": element.accessibility_label,
    dataset: { ...marks(place.block, element), option: element.value },
    onclick: () => act(control, place),
  };
  const control = href
    ? h(
        "a",
        { ...props, href, target: "_blank", rel: "noopener noreferrer" },
        plainOf(element.text),
      )
    : h("button", { ...props, type: "button" }, plainOf(element.text));
  return h("span", { class: "kit-control" }, control);
}
