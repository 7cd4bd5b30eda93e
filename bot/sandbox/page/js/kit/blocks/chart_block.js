/** `data_visualization`: a picture for the eye, the same numbers as a table for everybody else. */

import { h, uid } from "../../dom.js";
import { drawChart } from "../chart.js";
import { inFull } from "../number_words.js";
import { unknown } from "../unknown.js";

const KINDS = { line: "Line chart", bar: "Bar chart", area: "Area chart", pie: "Pie chart" };
const WIDTH = 520; // until the place is known

/** @returns {HTMLElement} */
export function renderChartBlock(block) {
  const { chart = {}, title = "" } = block;
  if (!Object.hasOwn(KINDS, chart.type ?? "")) return unknown("chart", chart.type);
  const id = uid("chart");
  const canvas = h("div", { class: "kit-chart-canvas" });
  let drawn = 0;
  const draw = (width) => {
    if (width < 1 || Math.abs(width - drawn) < 1) return;
    drawn = width;
    canvas.replaceChildren(drawChart(chart, width, `${KINDS[chart.type]}: ${title}`));
  };
  draw(WIDTH);
  new ResizeObserver(([entry]) => draw(entry.contentRect.width)).observe(canvas);
  return h(
    "figure",
    { class: "kit-chart", "aria-labelledby": id },
    h("figcaption", { class: "kit-chart-title", id }, title),
    canvas,
    legend(chart),
    h("div", { class: "kit-hidden" }, numbers(chart, title)),
  );
}

function legend(chart) {
  const names =
    chart.type === "pie"
      ? (chart.segments ?? []).map(({ label }) => label)
      : (chart.series ?? []).map(({ name }) => name);
  const items = names.map((name, n) =>
    h("li", null, h("span", { class: `kit-swatch kit-fill-${n % 6}` }), name),
  );
  return h("ul", { class: "kit-legend", "aria-hidden": "true" }, items);
}

function numbers(chart, title) {
  const isPie = chart.type === "pie";
  const heads = isPie
    ? ["Part", "Value"]
    : [chart.axis_config?.x_label || "Category", ...(chart.series ?? []).map(({ name }) => name)];
  const rows = isPie
    ? (chart.segments ?? []).map(({ label, value }) => [label, value])
    : (chart.axis_config?.categories ?? []).map((label, n) => [
        label,
        ...(chart.series ?? []).map(({ data }) => data?.[n]?.value),
      ]);
  return h(
    "table",
    null,
    h("caption", null, title),
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        heads.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h("tbody", null, rows.map(row)),
  );
}

function row([label, ...values]) {
  const cells = values.map((value) =>
    h("td", null, typeof value === "number" ? inFull(value) : ""),
  );
  return h("tr", null, h("th", { scope: "row" }, label), cells);
}
