/** `rich_text` blocks: their elements become the nodes that mrkdwn becomes. */

import { fragment, h } from "../dom.js";
import { renderInline } from "./inline.js";
import { unknown } from "./unknown.js";

const STYLES = ["strike", "italic", "bold"]; // the last is outermost
const LETTERS = ["decimal", "lower-alpha", "lower-roman"];

/**
 * @param {{elements?: object[]}} block
 * @param {import("./context.js").Context} context
 * @returns {DocumentFragment}
 */
export function renderRichText(block, context) {
  return fragment((block.elements ?? []).map((part) => drawn(part, context)));
}

function drawn(part, context) {
  const inner = () => renderInline((part.elements ?? []).map(asNode), context);
  switch (part.type) {
    case "rich_text_section":
      return h("div", { class: "kit-rich-section" }, inner());
    case "rich_text_quote":
      return h("blockquote", { class: "kit-quote" }, inner());
    case "rich_text_preformatted":
      return h(
        "pre",
        { class: "kit-pre", tabindex: "0", role: "group", "aria-label": "Code" },
        inner(),
      );
    case "rich_text_list":
      return list(part, context);
    default:
      return unknown("rich text", part.type);
  }
}

function list(part, context) {
  const indent = Math.min(part.indent ?? 0, 8);
  const ordered = part.style === "ordered";
  const props = {
    class: `kit-list kit-indent-${indent} kit-list-${ordered ? LETTERS[indent % 3] : indent % 3}`,
    start: ordered && part.offset ? part.offset + 1 : null,
  };
  const items = (part.elements ?? []).map((item) =>
    h("li", null, renderInline((item.elements ?? []).map(asNode), context)),
  );
  return h(ordered ? "ol" : "ul", props, items);
}

/** A piece of rich text as a node of `mrkdwn.js`, its styles around it. */
function asNode(piece) {
  const style = piece.style ?? {};
  let node = bare(piece, style.code);
  for (const name of STYLES) if (style[name]) node = { type: name, children: [node] };
  return node;
}

function bare(piece, isCode) {
  switch (piece.type) {
    case "text":
      return { type: isCode ? "code" : "text", text: piece.text ?? "" };
    case "link":
      return { type: "link", url: piece.url ?? "", text: piece.text || piece.url || "" };
    case "user":
      return { type: "user", id: piece.user_id ?? "", label: "" };
    case "channel":
      return { type: "channel", id: piece.channel_id ?? "", label: "" };
    case "usergroup":
      return { type: "usergroup", id: piece.usergroup_id ?? "", label: "" };
    case "broadcast":
      return { type: "broadcast", range: piece.range ?? "channel" };
    case "emoji":
      return emoji(piece);
    case "date":
      return {
        type: "date",
        seconds: piece.timestamp,
        format: piece.format ?? "",
        url: piece.url ?? "",
        fallback: piece.fallback ?? "",
      };
    default:
      return { type: "text", text: piece.value ?? piece.team_id ?? "" };
  }
}

/** By its code points (`1f4e6` or `1f468-200d-1f4bb`), else by its name. */
function emoji({ name = "", unicode = "" }) {
  const points = unicode.split("-").map((hex) => Number.parseInt(hex, 16));
  const known = unicode && points.every((point) => point > 0 && point <= 0x10ffff);
  if (!known) return { type: "text", text: `:${name}:` };
  return { type: "emoji", name, text: String.fromCodePoint(...points) };
}
