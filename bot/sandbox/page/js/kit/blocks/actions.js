/** `actions`: elements in a row that wraps. */

import { h } from "../../dom.js";
import { byHint, renderElement } from "../elements/index.js";

/** @returns {HTMLElement} */
export function renderActions(block, context) {
  const place = { block, context, optional: false, naming: byHint() };
  const elements = (block.elements ?? []).map((element) => renderElement(element, place));
  return h("div", { class: "kit-actions" }, elements);
}
