/** Text objects and bare texts, drawn. */

import { fragment } from "../dom.js";
import { withEmoji } from "./emoji.js";
import { renderInline } from "./inline.js";
import { parseMrkdwn } from "./mrkdwn.js";

/**
 * A text object: plain_text stays as it is written, save `:emoji:` where it asks for them.
 *
 * @param {{type?: string, text?: string, emoji?: boolean, verbatim?: boolean} | null | undefined} text
 * @param {import("./context.js").Context} context
 * @returns {DocumentFragment}
 */
export function renderText(text, context) {
  if (text?.type === "mrkdwn") return renderMrkdwn(text.text ?? "", context, text);
  return fragment(plainOf(text));
}

/**
 * mrkdwn that stands alone, such as a message's `text` or a table's rich cells.
 *
 * @param {string} text
 * @param {import("./context.js").Context} context
 * @param {{verbatim?: boolean}} [options]
 * @returns {DocumentFragment}
 */
export function renderMrkdwn(text, context, { verbatim = false } = {}) {
  return renderInline(parseMrkdwn(text, { verbatim }), context);
}

/** The words of a plain text object, for names and attributes. @returns {string} */
export function plainOf(text) {
  const words = text?.text ?? "";
  return text?.emoji ? withEmoji(words) : words;
}
