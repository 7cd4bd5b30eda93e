/** Blocks that are only looked at: header, divider, image, rich_text. */

import { h } from "../../dom.js";
import { renderImage } from "../elements/image.js";
import { renderRichText } from "../richtext.js";
import { plainOf } from "../text.js";
import { folded } from "./folded.js";

const TOP = 2; // a header of level 1 is an h3: the page and the surface have their own above it

/** @returns {HTMLElement} */
export function renderHeader(block) {
  const level = Math.min(Math.max(block.level ?? 1, 1), 4);
  return h(`h${TOP + level}`, { class: `kit-header kit-header-${level}` }, plainOf(block.text));
}

/** @returns {HTMLElement} */
export function renderDivider() {
  return h("hr", { class: "kit-divider" });
}

/** @returns {HTMLElement} */
export function renderImageBlock(block) {
  const title = plainOf(block.title);
  return h(
    "figure",
    { class: "kit-figure" },
    title && h("figcaption", { class: "kit-figure-title" }, title),
    renderImage(block, "kit-picture"),
  );
}

/** @returns {HTMLElement} */
export function renderRich(block, context) {
  const text = h("div", { class: "kit-text kit-rich" }, renderRichText(block, context));
  return h("div", { class: "kit-rich-block" }, folded(text, context));
}
