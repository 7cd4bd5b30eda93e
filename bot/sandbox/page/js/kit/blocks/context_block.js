/** `context`: small grey texts and images in a row. */

import { h } from "../../dom.js";
import { renderImage } from "../elements/image.js";
import { renderText } from "../text.js";
import { unknown } from "../unknown.js";

/** @returns {HTMLElement} */
export function renderContext(block, context) {
  return h(
    "div",
    { class: "kit-context" },
    (block.elements ?? []).map((each) => drawn(each, context)),
  );
}

function drawn(element, context) {
  switch (element.type) {
    case "image":
      return renderImage(element, "kit-context-image");
    case "mrkdwn":
    case "plain_text":
      return h("div", { class: "kit-context-text kit-text" }, renderText(element, context));
    default:
      return unknown("element", element.type);
  }
}
