/** `table`: rows of cells, the first one its head. */

import { h } from "../../dom.js";
import { cellContent, scroller } from "./cells.js";

/** @returns {HTMLElement} */
export function renderTable(block, context) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cell = (tag, scope) => (each, column) =>
    h(tag, { scope, class: look(settings[column]) }, cellContent(each, context));
  const caption = `Table with ${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  const table = h(
    "table",
    { class: "kit-table" },
    h("caption", { class: "kit-hidden" }, caption),
    h("thead", null, h("tr", null, head.map(cell("th", "col")))),
    h(
      "tbody",
      null,
      rows.map((row) => h("tr", null, row.map(cell("td", null)))),
    ),
  );
  return h("div", { class: "kit-table-block" }, scroller(caption, table));
}

function look(setting) {
  const align = ["center", "right"].includes(setting?.align) ? setting.align : "left";
  return `kit-cell kit-align-${align}${setting?.is_wrapped ? " kit-wrapped" : ""}`;
}
