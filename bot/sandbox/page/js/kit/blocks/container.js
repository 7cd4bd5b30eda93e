/** `container`: blocks in a box with a title, which may fold. */

import { h, uid } from "../../dom.js";
import { renderImage } from "../elements/image.js";
import { renderRichText } from "../richtext.js";
import { renderText } from "../text.js";

/** @returns {HTMLElement} */
export function renderContainer(block, context, renderBlocks) {
  const id = uid("container");
  const children = h(
    "div",
    { class: "kit-container-body" },
    renderBlocks(block.child_blocks, context),
  );
  const width = ["narrow", "standard", "wide", "full"].includes(block.width)
    ? block.width
    : "standard";
  const props = { class: `kit-container kit-container-${width}`, "aria-labelledby": id };
  const heading = head(block, context, id);
  if (block.is_collapsible) {
    const summary = h("summary", { class: "kit-container-head" }, heading);
    return h(
      "details",
      { ...props, role: "group", open: block.default_collapsed !== true },
      summary,
      children,
    );
  }
  const line = block.has_header_divider === false ? "" : " kit-container-line";
  const top = h("div", { class: `kit-container-head${line}` }, heading);
  return h("section", { ...props, role: "group" }, top, children);
}

function head(block, context, id) {
  const title = block.rich_text_title
    ? renderRichText(block.rich_text_title, context)
    : renderText(block.title, context);
  return [
    block.icon?.image_url && renderImage(block.icon, "kit-context-image"),
    h(
      "span",
      { class: "kit-container-words" },
      h("span", { class: "kit-container-title kit-text", id }, title),
      block.subtitle &&
        h(
          "span",
          { class: "kit-container-subtitle kit-text" },
          renderText(block.subtitle, context),
        ),
    ),
  ];
}
