/** Block Kit drawn as Slack lays it out: one element for each block, in order. */

import { fragment } from "../dom.js";
import { renderActions } from "./blocks/actions.js";
import { renderAlert } from "./blocks/alert.js";
import { renderChartBlock } from "./blocks/chart_block.js";
import { renderContainer } from "./blocks/container.js";
import { renderContext } from "./blocks/context_block.js";
import { renderDataTable } from "./blocks/data_table.js";
import { renderDivider, renderHeader, renderImageBlock, renderRich } from "./blocks/plain.js";
import { renderInput } from "./blocks/input.js";
import { renderSection } from "./blocks/section.js";
import { renderTable } from "./blocks/table.js";
import { unknown } from "./unknown.js";

export { showErrors } from "./blocks/input.js";
export { keepFocus } from "./focus.js";
export { plainOf, renderMrkdwn, renderText } from "./text.js";

const BLOCKS = {
  actions: renderActions,
  alert: renderAlert,
  container: (block, context) => renderContainer(block, context, renderBlocks),
  context: renderContext,
  data_table: renderDataTable,
  data_visualization: renderChartBlock,
  divider: renderDivider,
  header: renderHeader,
  image: renderImageBlock,
  input: renderInput,
  rich_text: renderRich,
  section: renderSection,
  table: renderTable,
};

/**
 * Blocks as elements; one of a type that this page does not know says so in its place.
 *
 * @param {object[]} blocks
 * @param {import("./context.js").Context} context
 * @returns {DocumentFragment}
 */
export function renderBlocks(blocks, context) {
  return fragment((blocks ?? []).map((block) => renderBlock(block, context)));
}

/**
 * @param {object} block
 * @param {import("./context.js").Context} context
 * @returns {HTMLElement}
 */
export function renderBlock(block, context) {
  const type = block?.type ?? "";
  const drawn = Object.hasOwn(BLOCKS, type) ? BLOCKS[type](block, context) : unknown("block", type);
  drawn.classList.add("kit-block");
  if (block?.block_id) drawn.dataset.blockId = block.block_id;
  return drawn;
}
