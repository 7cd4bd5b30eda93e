/** Pieces of a pie, beginning at twelve o'clock. */

import { svg } from "../dom.js";
import { inFull } from "./number_words.js";

const FULL = 2 * Math.PI;
const LEAST = 0.06; // of the whole: smaller pieces bear no number

/**
 * @param {{label: string, value: number}[]} segments
 * @param {number} width
 * @param {number} height
 * @returns {Element[]}
 */
export function pieces(segments, width, height) {
  const values = segments.map(({ value }) => Math.max(0, value));
  const whole = values.reduce((sum, value) => sum + value, 0);
  const [x, y, radius] = [width / 2, height / 2, Math.min(width, height) / 2 - 8];
  let begun = 0;
  return segments.flatMap(({ label }, n) => {
    const share = whole ? values[n] / whole : 0;
    const [from, to] = [begun, begun + share];
    begun = to;
    const percent = `${Math.round(share * 100)} %`;
    const title = svg("title", null, `${label}: ${inFull(values[n])} (${percent})`);
    const look = { class: `kit-piece kit-fill-${n % 6}` };
    if (share >= 1 - 1e-9) return [svg("circle", { ...look, cx: x, cy: y, r: radius }, title)];
    if (share <= 0) return [];
    const path = svg("path", { ...look, d: wedge(x, y, radius, from, to) }, title);
    if (share < LEAST) return [path];
    const [left, top] = at(x, y, radius * 0.65, (from + to) / 2);
    return [
      path,
      svg(
        "text",
        { class: "kit-piece-text", x: left, y: top + 4, "text-anchor": "middle" },
        percent,
      ),
    ];
  });
}

function wedge(x, y, radius, from, to) {
  const [x1, y1] = at(x, y, radius, from);
  const [x2, y2] = at(x, y, radius, to);
  return `M${x} ${y}L${x1} ${y1}A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${x2} ${y2}Z`;
}

function at(x, y, radius, share) {
  const angle = share * FULL - Math.PI / 2;
  return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)].map(
    (value) => Math.round(value * 10) / 10,
  );
}
