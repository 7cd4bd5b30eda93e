/** Cells and frames that `table` and `data_table` share. */

import { h } from "../../dom.js";
import { renderRichText } from "../richtext.js";
import { unknown } from "../unknown.js";

/** What stands in a cell. @returns {Node | string} */
export function cellContent(cell, context) {
  switch (cell?.type) {
    case "raw_text":
    case "raw_number":
      return cell.text ?? "";
    case "rich_text":
      return renderRichText(cell, context);
    default:
      return unknown("cell", cell?.type);
  }
}

/** A table that is scrolled sideways where it is wider than its place, by keys too. */
export function scroller(name, table) {
  return h(
    "div",
    { class: "kit-table-scroll", role: "region", tabindex: "0", "aria-label": name },
    table,
  );
}
