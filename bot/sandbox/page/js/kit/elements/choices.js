/** `checkboxes` and `radio_buttons`. */

import { h, uid } from "../../dom.js";
import { choose, marks } from "../acting.js";
import { heldBy } from "../held.js";
import { renderText } from "../text.js";

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderChoices(element, place) {
  const { block, context } = place;
  const several = element.type === "checkboxes";
  const held = heldBy(block, element, context);
  let sent = several ? (held ?? []) : held;
  const name = uid("choices");
  const isOn = (value, state) => (several ? state.includes(value) : state === value);
  const changed = async () => {
    const on = boxes.filter((box) => box.checked).map((box) => box.value);
    const value = several ? on : (on[0] ?? null);
    if (await choose(group, place, value)) sent = value;
    else for (const box of boxes) box.checked = isOn(box.value, sent);
  };
  const boxes = [];
  const rows = (element.options ?? []).map((option) => {
    const about = option.description ? uid("about") : null;
    const box = h("input", {
      type: several ? "checkbox" : "radio",
      name,
      class: "kit-box",
      value: option.value,
      checked: isOn(option.value, sent),
      "aria-describedby": about,
      dataset: { ...marks(block, element), option: option.value },
      onchange: changed,
    });
    boxes.push(box);
    return h(
      "label",
      { class: "kit-choice" },
      box,
      h("span", { class: "kit-choice-text kit-text" }, renderText(option.text, context)),
      about &&
        h(
          "span",
          { class: "kit-choice-about kit-text", id: about },
          renderText(option.description, context),
        ),
    );
  });
  const role = several ? "group" : "radiogroup";
  const group = h("div", { ...place.naming("Choose"), class: "kit-choices", role }, rows);
  return h("span", { class: "kit-control kit-control-wide" }, group);
}
