/** `datepicker` and `timepicker`: the browser's own. */

import { h } from "../../dom.js";
import { afterTyping, choose, marks, tellsApp } from "../acting.js";
import { heldBy, keyOf } from "../held.js";
import { plainOf } from "../text.js";

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderPicker(element, place) {
  const { block, context } = place;
  const isDate = element.type === "datepicker";
  const hint = plainOf(element.placeholder) || (isDate ? "Choose a date" : "Choose a time");
  const keep = (value) => context.values?.set(keyOf(block, element), value || null);
  let sent = heldBy(block, element, context) ?? "";
  // A date typed by keys changes with every digit: the app is told of the last one.
  const tell = afterTyping(context, async () => {
    if (input.value === sent) return;
    const before = sent;
    sent = input.value;
    if (await choose(input, place, sent || null)) return;
    sent = input.value = before;
    keep(before);
  });
  const input = h("input", {
    ...place.naming(hint),
    type: isDate ? "date" : "time",
    class: "kit-input-text kit-picker",
    value: sent,
    dataset: marks(block, element),
    onchange: () => {
      keep(input.value);
      if (tellsApp(block)) tell();
    },
  });
  return h("span", { class: "kit-control" }, input);
}
