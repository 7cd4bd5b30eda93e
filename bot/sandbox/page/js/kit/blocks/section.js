/** `section`: a text, fields in two columns, and one element at its right. */

import { fragment, h, uid } from "../../dom.js";
import { byHint, renderElement } from "../elements/index.js";
import { renderText } from "../text.js";
import { folded } from "./folded.js";

const WIDE = new Set(["checkboxes", "radio_buttons"]); // they stand below the text

/** @returns {HTMLElement} */
export function renderSection(block, context) {
  const { text, fields, accessory } = block;
  const id = accessory && text ? uid("section") : null;
  const body = text && h("div", { class: "kit-text", id }, renderText(text, context));
  const shown = body && (block.expand ? fragment(body) : folded(body, context));
  const main = h(
    "div",
    { class: "kit-section-main" },
    shown,
    fields?.length &&
      h(
        "div",
        { class: "kit-fields" },
        fields.map((field) => cell(field, context)),
      ),
  );
  const place = { block, context, optional: false, naming: byHint(id) };
  const beside =
    accessory &&
    h(
      "div",
      { class: `kit-accessory kit-accessory-${kind(accessory)}` },
      renderElement(accessory, place),
    );
  return h(
    "div",
    { class: WIDE.has(accessory?.type) ? "kit-section kit-section-tall" : "kit-section" },
    main,
    beside,
  );
}

function cell(field, context) {
  return h("div", { class: "kit-field kit-text" }, renderText(field, context));
}

function kind({ type }) {
  return ["button", "overflow", "image"].includes(type) ? type : "menu";
}
