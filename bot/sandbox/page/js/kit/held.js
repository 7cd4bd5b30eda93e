/** What elements hold: at first, as typed, and as the workspace's `state.values` says it. */

const HELD = {
  static_select: "selected_option", radio_buttons: "selected_option",
  multi_static_select: "selected_options", checkboxes: "selected_options",
  users_select: "selected_user", conversations_select: "selected_conversation",
  datepicker: "selected_date", timepicker: "selected_time", plain_text_input: "value",
};

/** The key of an element in a context's `values`. */
export function keyOf(block, element) {
  return `${block.block_id ?? ""}\n${element.action_id ?? ""}`;
}

/**
 * What the element holds now: a text, an option's value, an id, a date, or a list of values.
 *
 * @param {object} block
 * @param {object} element
 * @param {import("./context.js").Context} context
 * @returns {import("./context.js").Held}
 */
export function heldBy(block, element, context) {
  const key = keyOf(block, element);
  return context.values?.has(key) ? context.values.get(key) : initialOf(element);
}

/** What it holds before anybody touched it. @returns {import("./context.js").Held} */
export function initialOf(element) {
  const held = HELD[element.type];
  const name = held === "value" ? "initial_value" : held?.replace("selected", "initial");
  return plain(held, element[name]);
}

/** An entry of `state.values` as `heldBy` gives it. @returns {import("./context.js").Held} */
export function readEntry(entry) {
  const held = HELD[entry.type];
  return plain(held, entry[held]);
}

/** Whether two held values say the same; nothing is the same as an empty text. */
export function sameHeld(one, other) {
  return JSON.stringify(one || null) === JSON.stringify(other || null);
}

function plain(held, value) {
  if (held === "selected_options") return (value ?? []).map((option) => option.value);
  if (held === "selected_option") return value?.value ?? null;
  return value ?? null;
}
