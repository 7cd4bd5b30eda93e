/** What stands between `<` and `>` in mrkdwn: links, mentions, dates. */

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const DATE = /^!date\^(-?\d{1,13})\^([^^|]+)(?:\^([^|]*))?(?:\|(.*))?$/s;
const TOKEN = /<([^<>\n]+)>/y;

/** *text* with Slack's three entities as characters: the last thing done to a text. */
export function decoded(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/**
 * The token that begins at *at*, or null: then the `<` is a character like any other.
 *
 * @param {string} text
 * @param {number} at
 * @returns {{node: import("./mrkdwn.js").MrkdwnNode, length: number} | null}
 */
export function readToken(text, at) {
  TOKEN.lastIndex = at;
  const found = TOKEN.exec(text);
  const node = found && meaning(found[1]);
  return node ? { node, length: found[0].length } : null;
}

/** A token as words, for code and plain places. */
export function tokenText(node) {
  if (node.type === "link") return node.text;
  if (node.type === "broadcast") return `@${node.range}`;
  if (node.type === "date") return node.fallback;
  const name = node.label || node.id;
  return node.type === "channel" ? `#${name}` : name.startsWith("@") ? name : `@${name}`;
}

function meaning(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : decoded(inner.slice(bar + 1));
  if (target.startsWith("@")) return { type: "user", id: target.slice(1), label };
  if (target.startsWith("#")) return { type: "channel", id: target.slice(1), label };
  if (target.startsWith("!")) return special(inner, target, label);
  const url = decoded(target);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return null;
  return { type: "link", url, text: label || url.replace(/^mailto:/i, "") };
}

function special(inner, target, label) {
  if (target.startsWith("!subteam^")) return { type: "usergroup", id: target.slice(9), label };
  if (/^!(?:channel|here|everyone)$/.test(target))
    return { type: "broadcast", range: target.slice(1) };
  const date = DATE.exec(inner);
  if (!date) return label ? { type: "text", text: label } : null;
  const [, seconds, format, url = "", fallback = ""] = date;
  return {
    type: "date",
    seconds: Number(seconds),
    format: decoded(format),
    url: decoded(url),
    fallback: decoded(fallback),
  };
}
