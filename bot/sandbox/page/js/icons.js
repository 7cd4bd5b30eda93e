/** Small drawings, hidden from screen readers: what they stand beside says it in words. */

import { svg } from "./dom.js";

const PATHS = {
  archive: ["M3 4h14v4H3z", "M4.5 8v8h11V8", "M8 11.5h4"],
  bubble: ["M3 4h14v10H9l-4 3v-3H3z"],
  close: ["M5 5l10 10", "M15 5L5 15"],
  cloud: ["M6 15.5a3.7 3.7 0 0 1-.3-7.4 4.8 4.8 0 0 1 9.2.9 3.3 3.3 0 0 1-.6 6.5z"],
  end: ["M10 4v12", "M5.5 11.5L10 16l4.5-4.5"],
  file: ["M5 2.5h7l3.5 3.5v11.5H5z", "M12 2.5V6h3.5"],
  hash: ["M7.5 3.5l-1.5 13", "M14 3.5l-1.5 13", "M3.5 7.5h13", "M3 12.5h13"],
  home: ["M3 9.5L10 3.5l7 6", "M5 8.5v8h10v-8", "M8.5 16.5v-4.5h3v4.5"],
  lock: ["M5 9h10v7.5H5z", "M7 9V6.5a3 3 0 0 1 6 0V9"],
  menu: ["M3 5.5h14", "M3 10h14", "M3 14.5h14"],
  more: ["M4.5 10h.01", "M10 10h.01", "M15.5 10h.01"],
  send: ["M3.5 4l13.5 6-13.5 6 2-6z", "M5.5 10H11"],
  shared: ["M3 6.5h8.5v7H3z", "M8.5 6.5v-2H17v7h-5.5"],
};

/** @param {keyof typeof PATHS} name @returns {SVGElement} */
export function icon(name) {
  return svg(
    "svg",
    { class: `icon icon-${name}`, viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" },
    PATHS[name].map((d) => svg("path", { d })),
  );
}
