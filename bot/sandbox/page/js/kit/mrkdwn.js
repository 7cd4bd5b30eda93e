/**
 * Slack's mrkdwn read into nodes; nothing here draws. Source: "Formatting message text".
 *
 * @typedef {{type: "text", text: string}
 *   | {type: "bold" | "italic" | "strike" | "quote", children: MrkdwnNode[]}
 *   | {type: "code" | "pre", text: string}
 *   | {type: "emoji", name: string, text: string}
 *   | {type: "link", url: string, text: string}
 *   | {type: "user" | "channel" | "usergroup", id: string, label: string}
 *   | {type: "broadcast", range: string}
 *   | {type: "date", seconds: number, format: string, url: string, fallback: string}} MrkdwnNode
 */

import { emojiNamed } from "./emoji.js";
import { decoded, readToken, tokenText } from "./tokens.js";

const STYLES = { "*": "bold", _: "italic", "~": "strike" };
const WORD = /[\p{L}\p{N}]/u;
const QUOTED = /^(?:>|&gt;) ?/;
const QUOTED_REST = /^(?:>>>|&gt;&gt;&gt;) ?/;
const ADDRESS = /^https?:\/\/[^\s<>|]+/i;
const NAME = /^:([a-z0-9_+-]+):/;

/**
 * @param {string} text
 * @param {{verbatim?: boolean}} [options] *verbatim*: bare addresses do not become links
 * @returns {MrkdwnNode[]}
 */
export function parseMrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  let rest = text.replaceAll("\r\n", "\n");
  for (;;) {
    const open = rest.indexOf("```");
    const close = open < 0 ? -1 : rest.indexOf("```", open + 3);
    if (close <= open + 3) break;
    nodes.push(...lines(rest.slice(0, open).replace(/\n$/, ""), verbatim));
    const inner = rest
      .slice(open + 3, close)
      .replace(/^\n/, "")
      .replace(/\n$/, "");
    nodes.push({ type: "pre", text: flat(inner) });
    rest = rest.slice(close + 3).replace(/^\n/, "");
  }
  nodes.push(...lines(rest, verbatim));
  return merged(nodes);
}

/** Runs of quoted lines become quotes; `>>>` quotes all that follows. */
function lines(text, verbatim) {
  const nodes = [];
  const all = text.split("\n");
  let plain = [];
  const flush = () => {
    if (plain.length) nodes.push(...inline(plain.join("\n"), verbatim, ""));
    plain = [];
  };
  for (let n = 0; n < all.length; n += 1) {
    const quoted = QUOTED_REST.test(all[n]) ? all.slice(n) : run(all, n);
    if (quoted.length) {
      flush();
      const bare = quoted.map((line, m) => line.replace(m ? QUOTED : QUOTED_REST, ""));
      bare[0] = bare[0].replace(QUOTED, "");
      nodes.push({ type: "quote", children: inline(bare.join("\n"), verbatim, "") });
      n += quoted.length - 1;
    } else {
      plain.push(all[n]);
    }
  }
  flush();
  return nodes;
}

function run(all, from) {
  let to = from;
  while (to < all.length && QUOTED.test(all[to])) to += 1;
  return all.slice(from, to);
}

/** Styles, code, tokens and emoji in a text; *inside* holds the styles around it. */
function inline(text, verbatim, inside) {
  const nodes = [];
  const unclosed = {}; // style mark -> up to where no closing one is
  let start = 0;
  let at = 0;
  const take = (node, length) => {
    if (at > start) nodes.push(words(text.slice(start, at)));
    nodes.push(node);
    at += length;
    start = at;
  };
  while (at < text.length) {
    const atom = atomAt(text, at, verbatim);
    if (atom) {
      take(atom.node, atom.length);
      continue;
    }
    const mark = text[at];
    if (
      mark in STYLES &&
      !inside.includes(mark) &&
      at >= (unclosed[mark] ?? 0) &&
      opens(text, at)
    ) {
      const end = closing(text, at);
      if (end > 0) {
        const children = inline(text.slice(at + 1, end), verbatim, inside + mark);
        take({ type: STYLES[mark], children }, end + 1 - at);
        continue;
      }
      unclosed[mark] = lineEnd(text, at);
    }
    at += 1;
  }
  if (at > start) nodes.push(words(text.slice(start, at)));
  return nodes;
}

/** What binds before any style: code, `<…>`, an emoji, a bare address. */
function atomAt(text, at, verbatim) {
  const first = text[at];
  if (first === "`") {
    const end = text.indexOf("`", at + 1);
    if (end > at + 1 && end < lineEnd(text, at)) {
      return { node: { type: "code", text: flat(text.slice(at + 1, end)) }, length: end + 1 - at };
    }
  }
  if (first === "<") return readToken(text, at);
  if (first === ":") {
    const name = NAME.exec(text.slice(at, at + 64))?.[1];
    const emoji = name && emojiNamed(name);
    if (emoji) return { node: { type: "emoji", name, text: emoji }, length: name.length + 2 };
  }
  if (!verbatim && (first === "h" || first === "H") && !WORD.test(text[at - 1] ?? "")) {
    const url = ADDRESS.exec(text.slice(at, at + 3000))?.[0].replace(
      /(?:[.,;:!?)\]*_~'"]|&gt;)+$/,
      "",
    );
    if (url)
      return { node: { type: "link", url: decoded(url), text: decoded(url) }, length: url.length };
  }
  return null;
}

function opens(text, at) {
  const next = text[at + 1];
  return Boolean(next) && !/\s/.test(next) && next !== text[at] && !WORD.test(before(text, at));
}

/** Where the style that opens at *from* closes on its line; 0 = nowhere. */
function closing(text, from) {
  const end = lineEnd(text, from);
  for (let at = from + 1; at < end; at += 1) {
    const atom = text[at] === "`" || text[at] === "<" ? atomAt(text, at, true) : null;
    if (atom) at += atom.length - 1;
    else if (text[at] === text[from] && at > from + 1 && closes(text, at)) return at;
  }
  return 0;
}

function closes(text, at) {
  return !/\s/.test(text[at - 1]) && !WORD.test(after(text, at)) && text[at + 1] !== text[at];
}

/** The whole character before *at*, also one of two UTF-16 units. */
function before(text, at) {
  return /[\udc00-\udfff]/.test(text[at - 1] ?? "") ? text.slice(at - 2, at) : (text[at - 1] ?? "");
}

function after(text, at) {
  return String.fromCodePoint(text.codePointAt(at + 1) ?? 32);
}

function lineEnd(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Code as it reads: tokens in it are words, not links. */
function flat(text) {
  let shown = "";
  for (let at = 0; at < text.length;) {
    const token = text[at] === "<" ? readToken(text, at) : null;
    shown += token ? tokenText(token.node) : text[at];
    at += token ? token.length : 1;
  }
  return decoded(shown);
}

function words(text) {
  return { type: "text", text: decoded(text) };
}

function merged(nodes) {
  const whole = [];
  for (const node of nodes) {
    const last = whole.at(-1);
    if (node.type === "text" && last?.type === "text") last.text += node.text;
    else if (node.type !== "text" || node.text) whole.push(node);
  }
  return whole;
}
