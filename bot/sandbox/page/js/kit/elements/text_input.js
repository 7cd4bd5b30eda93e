/** `plain_text_input`, of one line or several. Its limits are the workspace's to enforce, as Slack
 * does: here they are only counted. */

import { h } from "../../dom.js";
import { act, afterTyping, marks, tellsApp } from "../acting.js";
import { heldBy, keyOf } from "../held.js";
import { plainOf } from "../text.js";

const NEAR = 0.8; // of the longest text: from here on the count is shown

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderTextInput(element, place) {
  const { block, context } = place;
  const when = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const tells = (what) => tellsApp(block) && when.includes(what);
  const send = () => act(input, place, { choose: input.value });
  const typed = afterTyping(context, send);
  const count = h("span", { class: "kit-count", "aria-hidden": "true", hidden: true });
  const changed = (event) => {
    context.values?.set(keyOf(block, element), input.value);
    showCount(count, input.value, element.max_length);
    if (tells("on_character_entered") && !event.isComposing) typed();
  };
  const input = h(element.multiline ? "textarea" : "input", {
    ...place.naming(plainOf(element.placeholder) || "Text"),
    class: "kit-input-text",
    type: element.multiline ? null : "text",
    rows: element.multiline ? "4" : null,
    autocomplete: "off",
    placeholder: plainOf(element.placeholder) || null,
    value: heldBy(block, element, context) ?? "",
    dataset: marks(block, element),
    oninput: changed,
    oncompositionend: changed,
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing || element.multiline) return;
      if (!tells("on_enter_pressed")) return;
      event.preventDefault();
      send();
    },
  });
  showCount(count, input.value, element.max_length);
  return h("span", { class: "kit-control kit-control-wide" }, input, count);
}

function showCount(count, text, most) {
  const left = most ? most - [...text].length : Infinity;
  count.hidden = left > most * (1 - NEAR) || left === Infinity;
  count.textContent = String(left);
  count.classList.toggle("kit-count-over", left < 0);
}
