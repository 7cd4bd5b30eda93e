/** Which element of blocks is meant where several have the same action id. The workspace's acting
 * API counts them in reading order. */

const LISTS = { actions: "elements", context_actions: "elements", card: "actions" };
const INNER = { container: "child_blocks", carousel: "elements" };

/**
 * The arguments by which the workspace finds the element of an action.
 *
 * @param {object[]} blocks
 * @param {import("./kit/context.js").Action} action
 * @returns {{action_id: string, value?: string, index: number, choose?: unknown}}
 */
export function addressed(blocks, { action_id, block_id, value, choose }) {
  const alike = [...places(blocks)].filter(
    ([block, element]) =>
      element.action_id === action_id &&
      (value === undefined || element.value === value) &&
      (block.type !== "input" || block.dispatch_action === true),
  );
  const at = block_id ? alike.findIndex(([block]) => block.block_id === block_id) : 0;
  return { action_id, value, index: Math.max(at, 0), choose };
}

function* places(blocks) {
  for (const block of blocks ?? []) {
    for (const name of ["accessory", "element"]) if (block[name]) yield [block, block[name]];
    for (const element of block[LISTS[block.type]] ?? []) yield [block, element];
    yield* places(block[INNER[block.type]]);
  }
}
