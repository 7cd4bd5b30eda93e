/** `alert`: one sentence that must not be missed; its level is said in words, too. */

import { h } from "../../dom.js";
import { renderText } from "../text.js";

const LEVELS = {
  default: ["", "●"],
  info: ["Note: ", "ℹ"],
  warning: ["Warning: ", "▲"],
  error: ["Error: ", "✖"],
  success: ["Done: ", "✔"],
};

/** @returns {HTMLElement} */
export function renderAlert(block, context) {
  const level = Object.hasOwn(LEVELS, block.level ?? "") ? block.level : "default";
  const [word, sign] = LEVELS[level];
  return h(
    "div",
    { class: `kit-alert kit-alert-${level}`, role: "note" },
    h("span", { class: "kit-alert-sign", "aria-hidden": "true" }, sign),
    h(
      "div",
      { class: "kit-text" },
      word && h("span", { class: "kit-hidden" }, word),
      renderText(block.text, context),
    ),
  );
}
