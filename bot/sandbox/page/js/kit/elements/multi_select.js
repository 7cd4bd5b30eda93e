/** `multi_static_select`: a button that says what is chosen, and a list to choose from. */

import { h, uid } from "../../dom.js";
import { choose, marks } from "../acting.js";
import { heldBy, sameHeld } from "../held.js";
import { tiePopup } from "../popup.js";
import { plainOf } from "../text.js";

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderMultiSelect(element, place) {
  const hint = plainOf(element.placeholder) || "Choose options";
  const listId = uid("list");
  let chosen = heldBy(place.block, element, place.context) ?? [];
  let sent = chosen;
  const options = optionsOf(element);
  const said = h("span", { class: "kit-multi-text", id: uid("chosen") });
  const named = place.naming(hint, said.id);
  const button = h(
    "button",
    {
      ...named,
      type: "button",
      class: "kit-select kit-multi",
      "aria-haspopup": "listbox",
      "aria-controls": listId,
      dataset: marks(place.block, element),
    },
    said,
  );
  const items = options.map((option) => item(option, () => toggle(option.value)));
  const list = h(
    "div",
    {
      id: listId,
      class: "kit-menu",
      role: "listbox",
      "aria-multiselectable": "true",
      "aria-label": hint,
    },
    items,
  );
  const draw = () => {
    const names = options
      .filter((each) => chosen.includes(each.value))
      .map((each) => plainOf(each.text));
    said.replaceChildren(names.length ? names.join(", ") : hint);
    said.classList.toggle("kit-placeholder", !names.length);
    for (const each of items) each.ariaSelected = String(chosen.includes(each.dataset.option));
  };
  const toggle = (value) => {
    const more = chosen.length < (element.max_selected_items ?? Infinity);
    if (chosen.includes(value)) chosen = chosen.filter((each) => each !== value);
    else if (more) chosen = [...chosen, value];
    draw();
  };
  const send = async () => {
    if (sameHeld(chosen, sent)) return;
    if (!(await choose(button, place, chosen))) chosen = sent;
    sent = chosen;
    draw();
  };
  tiePopup(button, list, { onClose: send });
  draw();
  return h("span", { class: "kit-control kit-select-box" }, button, list);
}

function optionsOf(element) {
  const grouped = (element.option_groups ?? []).flatMap((group) => group.options ?? []);
  return [...(element.options ?? []), ...grouped];
}

function item(option, toggle) {
  return h(
    "div",
    {
      class: "kit-menu-item kit-menu-check",
      role: "option",
      tabindex: "-1",
      dataset: { option: option.value },
      onclick: toggle,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        toggle();
      },
    },
    plainOf(option.text),
  );
}
