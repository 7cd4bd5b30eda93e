/** What this page cannot draw stands there, so that a person and a test can see it. */

import { h } from "../dom.js";

/** @param {string} what "block", "element" @param {unknown} type @returns {HTMLElement} */
export function unknown(what, type) {
  const name = what.charAt(0).toUpperCase() + what.slice(1);
  return h("div", { class: "unknown-block" }, `Unknown ${what}: ${type ?? "without a type"}`);
}
