/** Charts as SVG, drawn for the width there is, so that letters keep their size on a phone. */

import { h, svg } from "../dom.js";
import { pieces } from "./chart_pie.js";
import { scaleFor } from "./chart_scale.js";
import { inFull, inShort } from "./number_words.js";

const HEIGHT = 220;
const LETTER = 7; // pixels of one letter of a label, about
const [TOP, BOTTOM, RIGHT] = [12, 28, 16];

/**
 * @param {{type: "line" | "bar" | "area" | "pie", series?: object[], segments?: object[],
 *   axis_config?: {categories?: string[], x_label?: string, y_label?: string}}} chart
 * @param {number} width pixels
 * @param {string} name what it shows, for who cannot see it
 * @returns {Element}
 */
export function drawChart(chart, width, name) {
  const size = { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` };
  const picture = svg("svg", { ...size, class: "kit-chart-svg", role: "img", "aria-label": name });
  if (chart.type === "pie") picture.append(...pieces(chart.segments ?? [], width, HEIGHT));
  else picture.append(...axes(chart, width));
  const { x_label: x, y_label: y } = chart.axis_config ?? {};
  if (chart.type === "pie" || (!x && !y)) return picture;
  return h(
    "div",
    null,
    y && h("div", { class: "kit-axis-name" }, y),
    picture,
    x && h("div", { class: "kit-axis-name kit-axis-name-x" }, x),
  );
}

function axes(chart, width) {
  const series = chart.series ?? [];
  const labels = chart.axis_config?.categories ?? [];
  const scale = scaleFor(series.flatMap(({ data }) => (data ?? []).map(({ value }) => value)));
  const left = 8 + LETTER * Math.max(...scale.ticks.map((tick) => inShort(tick).length));
  const inner = { left, right: width - RIGHT, top: TOP, bottom: HEIGHT - BOTTOM };
  const y = (value) =>
    inner.bottom - ((value - scale.low) / (scale.high - scale.low)) * (inner.bottom - inner.top);
  const step = (inner.right - inner.left) / Math.max(1, labels.length);
  const x = (n) => inner.left + step * (n + 0.5);
  const drawn =
    chart.type === "bar"
      ? bars(series, x, y, step)
      : series.map((each, n) => curve(each, n, x, y, chart.type === "area"));
  return [...grid(scale, inner, y), ...names(labels, x, step), ...drawn.flat()];
}

function grid(scale, inner, y) {
  return scale.ticks.flatMap((tick) => [
    svg("line", {
      class: tick === 0 ? "kit-axis" : "kit-grid",
      x1: inner.left,
      x2: inner.right,
      y1: y(tick),
      y2: y(tick),
    }),
    svg(
      "text",
      { class: "kit-tick", x: inner.left - 6, y: y(tick) + 4, "text-anchor": "end" },
      inShort(tick),
    ),
  ]);
}

/** As many labels as fit, the last one always among them. */
function names(labels, x, step) {
  const longest = Math.max(1, ...labels.map((label) => [...label].length));
  const every = Math.max(1, Math.ceil((longest * LETTER + 8) / step));
  const last = labels.length - 1;
  return labels
    .map((label, n) =>
      (last - n) % every === 0
        ? svg("text", { class: "kit-tick", x: x(n), y: HEIGHT - 8, "text-anchor": "middle" }, label)
        : null,
    )
    .filter(Boolean);
}

function curve(series, n, x, y, isArea) {
  const data = series.data ?? [];
  const points = data.map(({ value }, m) => `${round(x(m))} ${round(y(value))}`);
  if (!points.length) return [];
  const path = `M${points.join("L")}`;
  const closed = `${path}L${round(x(data.length - 1))} ${round(y(0))}L${round(x(0))} ${round(y(0))}Z`;
  return [
    isArea && svg("path", { class: `kit-area kit-fill-${n % 6}`, d: closed }),
    svg("path", { class: `kit-curve kit-stroke-${n % 6}`, d: path }),
    ...data.map((point, m) =>
      svg(
        "circle",
        { class: `kit-dot kit-fill-${n % 6}`, cx: round(x(m)), cy: round(y(point.value)), r: 3.5 },
        told(series.name, point),
      ),
    ),
  ].filter(Boolean);
}

function bars(series, x, y, step) {
  const width = Math.min(40, (step * 0.7) / Math.max(1, series.length));
  return series.flatMap(({ name, data }, n) =>
    (data ?? []).map((point, m) => {
      const from = x(m) - (width * series.length) / 2 + width * n;
      const [top, bottom] = [y(point.value), y(0)].sort((a, b) => a - b);
      const size = {
        x: round(from),
        y: round(top),
        width: round(width - 1),
        height: round(Math.max(1, bottom - top)),
      };
      return svg("rect", { class: `kit-bar kit-fill-${n % 6}`, ...size, rx: 2 }, told(name, point));
    }),
  );
}

function told(name, { label, value }) {
  return svg("title", null, `${name}, ${label}: ${inFull(value)}`);
}

function round(value) {
  return Math.round(value * 10) / 10;
}
