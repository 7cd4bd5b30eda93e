/** `data_table`: a table with a caption, sorted by a click on a column's name, page by page. */

import { h } from "../../dom.js";
import { cellContent, scroller } from "./cells.js";

const PAGE = 5; // rows, where the block does not say

/** @returns {HTMLElement} */
export function renderDataTable(block, context) {
  const [head = [], ...rows] = block.rows ?? [];
  const state = { rows, column: -1, down: false, page: 0 };
  const size = block.page_size ?? PAGE;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const body = h("tbody");
  const said = h("span", { class: "kit-page-said", role: "status" });
  const [back, on] = [turner("Previous page", "‹", -1), turner("Next page", "›", 1)];
  const heads = head.map((cell, column) => headCell(cell, column, isNumber(rows, column), sort));
  draw();
  return h(
    "div",
    { class: "kit-table-block" },
    scroller(
      block.caption,
      h(
        "table",
        { class: "kit-table kit-data-table" },
        h("caption", { class: "kit-caption" }, block.caption),
        h("thead", null, h("tr", null, heads)),
        body,
      ),
    ),
    pages > 1 && h("div", { class: "kit-pages" }, said, back, on),
  );

  function turner(name, sign, step) {
    const turn = () => {
      state.page = Math.min(Math.max(0, state.page + step), pages - 1);
      draw();
    };
    return h(
      "button",
      { type: "button", class: "kit-button", "aria-label": name, onclick: turn },
      sign,
    );
  }

  function sort(column) {
    state.down = state.column === column && !state.down;
    state.column = column;
    state.page = 0;
    state.rows = sorted(rows, column, state.down);
    draw();
  }

  function draw() {
    const from = state.page * size;
    const shown = state.rows.slice(from, from + size);
    body.replaceChildren(...shown.map((row) => bodyRow(row, block, rows, context)));
    said.textContent = `${from + 1}–${from + shown.length} of ${rows.length}`;
    back.setAttribute("aria-disabled", String(state.page === 0));
    on.setAttribute("aria-disabled", String(state.page === pages - 1));
    for (const [column, each] of heads.entries()) {
      if (column === state.column) each.ariaSort = state.down ? "descending" : "ascending";
      else each.removeAttribute("aria-sort");
    }
  }
}

function headCell(cell, column, isRight, sort) {
  const button = h(
    "button",
    { type: "button", class: "kit-sort", onclick: () => sort(column) },
    h("span", null, cell.text ?? ""),
    h("span", { class: "kit-sort-sign", "aria-hidden": "true" }),
  );
  return h("th", { scope: "col", class: `kit-cell${isRight ? " kit-align-right" : ""}` }, button);
}

function bodyRow(row, block, rows, context) {
  const cells = row.map((cell, column) => {
    const names = column === block.row_header_column_index;
    const look = `kit-cell${isNumber(rows, column) ? " kit-align-right" : ""}`;
    return h(
      names ? "th" : "td",
      { scope: names ? "row" : null, class: look },
      cellContent(cell, context),
    );
  });
  return h("tr", null, cells);
}

/** Numbers by their value, all else by its letters, numbers in them by their size. */
function sorted(rows, column, down) {
  const order = new Intl.Collator("en", { numeric: true });
  const ranked = [...rows].sort((a, b) => {
    const [one, other] = [a[column], b[column]];
    if (one?.type === "raw_number" && other?.type === "raw_number") return one.value - other.value;
    return order.compare(words(one), words(other));
  });
  return down ? ranked.reverse() : ranked;
}

function words(value) {
  if (Array.isArray(value)) return value.map(words).join("");
  if (value === null || typeof value !== "object") return "";
  return (typeof value.text === "string" ? value.text : "") + words(value.elements ?? []);
}

function isNumber(rows, column) {
  return rows.length > 0 && rows.every((row) => row[column]?.type === "raw_number");
}
