/** What a view's inputs hold: as the workspace knows it already, and as it is sent to it. */

import { heldBy, initialOf, keyOf, readEntry, sameHeld } from "./held.js";

/**
 * The values of a view that this page has not drawn yet: what was typed before a reload.
 *
 * @param {{blocks: object[], state?: {values?: Record<string, Record<string, object>>}}} view
 * @returns {Map<string, import("./context.js").Held>}
 */
export function typedBefore(view) {
  const typed = new Map();
  for (const [block, element] of elementsOf(view.blocks)) {
    const entry = view.state?.values?.[block.block_id]?.[element.action_id];
    if (!entry) continue;
    const held = readEntry(entry);
    if (!sameHeld(held, initialOf(element))) typed.set(keyOf(block, element), held);
  }
  return typed;
}

/**
 * What the inputs hold, by block id; an empty text is nothing.
 *
 * @param {object[]} blocks
 * @param {import("./context.js").Context} context
 * @returns {Record<string, import("./context.js").Held>}
 */
export function filledIn(blocks, context) {
  const inputs = [...elementsOf(blocks)].filter(([block]) => block.type === "input");
  return Object.fromEntries(
    inputs.map(([block, element]) => [block.block_id, heldBy(block, element, context) || null]),
  );
}

/** The id of the element that wants the focus first, as `[block_id, action_id]`. */
export function wantsFocus(blocks) {
  for (const [block, element] of elementsOf(blocks)) {
    if (element.focus_on_load) return [block.block_id, element.action_id];
  }
  return null;
}

/** Every element with its block. */
function* elementsOf(blocks) {
  for (const block of blocks ?? []) {
    for (const element of [block.element, block.accessory]) if (element) yield [block, element];
    if (block.type === "actions") for (const element of block.elements ?? []) yield [block, element];
    if (block.type === "container") yield* elementsOf(block.child_blocks);
  }
}
