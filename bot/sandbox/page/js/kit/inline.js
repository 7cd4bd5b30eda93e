/** Nodes of mrkdwn and rich text, drawn. */

import { fragment, h, webUrl } from "../dom.js";
import { channelName, groupHandle, nowOf, personName } from "./context.js";
import { formatDate, fullDate } from "./dates.js";

const TAGS = { bold: "strong", italic: "em", strike: "s", quote: "blockquote" };

/**
 * @param {import("./mrkdwn.js").MrkdwnNode[]} nodes
 * @param {import("./context.js").Context} context
 * @returns {DocumentFragment}
 */
export function renderInline(nodes, context) {
  return fragment(nodes.map((node) => drawn(node, context)));
}

function drawn(node, context) {
  switch (node.type) {
    case "text":
      return node.text;
    case "code":
      return h("code", { class: "kit-code" }, node.text);
    case "pre":
      return h(
        "pre",
        { class: "kit-pre", tabindex: "0", role: "group", "aria-label": "Code" },
        node.text,
      );
    case "emoji":
      return h("span", { class: "kit-emoji", role: "img", "aria-label": node.name }, node.text);
    case "link":
      return link(node.url, node.text);
    case "date":
      return moment(node, context);
    case "user":
    case "channel":
    case "usergroup":
    case "broadcast":
      return mention(node, context);
    default:
      return h(
        TAGS[node.type],
        { class: `kit-${node.type}` },
        renderInline(node.children, context),
      );
  }
}

/**
 * A link that opens beside this page; where the address is none that may be followed, its words.
 *
 * @param {string} url
 * @param {...unknown} children
 * @returns {HTMLElement}
 */
export function link(url, ...children) {
  const href = webUrl(url);
  if (!href) return h("span", null, children);
  return h(
    "a",
    { class: "kit-link", href, target: "_blank", rel: "noopener noreferrer" },
    children,
  );
}

function moment(node, context) {
  const shown = formatDate(node.seconds, node.format, { zone: context.zone, now: nowOf(context) });
  if (shown === null) return node.fallback;
  const at = new Date(node.seconds * 1000).toISOString();
  const title = fullDate(node.seconds, context.zone);
  const time = h("time", { class: "kit-date", datetime: at, title }, shown);
  return node.url ? link(node.url, time) : time;
}

function mention(node, context) {
  const mine = node.type === "user" && node.id === context.me;
  const loud = mine || node.type === "broadcast";
  return h(
    "span",
    { class: loud ? "kit-mention kit-mention-loud" : "kit-mention" },
    called(node, context),
  );
}

function called(node, context) {
  switch (node.type) {
    case "user":
      return `@${personName(context, node.id) === node.id ? node.label || node.id : personName(context, node.id)}`;
    case "channel":
      return `#${channelName(context, node.id) ?? (node.label || "private-channel")}`;
    case "usergroup":
      return `@${(groupHandle(context, node.id) ?? (node.label || node.id)).replace(/^@/, "")}`;
    default:
      return `@${node.range}`;
  }
}
