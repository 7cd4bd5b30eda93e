/** One message: who, when, what, and what can be done with it. */

import { contextOf, dayOf } from "./context.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { formatDate } from "./kit/dates.js";
import { renderBlocks, renderMrkdwn } from "./kit/render.js";
import { createShortcuts } from "./shortcuts.js";
import { clockOf } from "./store.js";

const FACES = 6; // colours in conversation.css

/**
 * A message as an item of `follow`.
 *
 * @param {object} page see main.js
 * @param {import("./store.js").Shown} shown
 * @param {object} message
 * @param {{inThread: boolean}} where
 * @returns {import("./keyed.js").Item}
 */
export function messageItem(page, shown, message, where) {
  const { me } = shown.seen;
  const today = dayOf(clockOf(shown), me.tz);
  return {
    key: message.ts,
    content: JSON.stringify([message, me.user_id, today]),
    make: () => renderMessage(page, shown, message, where),
  };
}

/** `Today`, `Yesterday` or the whole date, by the browser's own clock: messages keep real time. */
export function fullDay(moment, zone) {
  const seconds = moment.getTime() / 1000;
  const words = formatDate(seconds, "{date_long_pretty}", { zone, now: new Date() });
  return words.replace(/, \d{4}$/, "");
}

function renderMessage(page, shown, message, { inThread }) {
  const { seen } = shown;
  const author = seen.people.find((each) => each.user_id === message.user);
  const name = author?.real_name ?? message.user;
  const seconds = Number(message.ts);
  const time = formatDate(seconds, "{time}", { zone: seen.me.tz, now: new Date() });
  const canReply = !inThread && !message.is_ephemeral;
  const openThread = () => page.go({ ...page.store.state.place, thread: message.ts });
  return h(
    "article",
    {
      class: message.is_ephemeral ? "message message-private" : "message",
      role: "article",
      "aria-label": `${name}, ${time}`,
      dataset: { ts: message.ts },
    },
    face(author, name),
    h(
      "div",
      { class: "message-main" },
      message.is_ephemeral && privately(page, message),
      h(
        "div",
        { class: "message-head" },
        h("span", { class: "message-author" }, name),
        badge(message, author),
        h("time", { class: "message-time", datetime: new Date(seconds * 1000).toISOString() }, time),
      ),
      body(page, shown, message),
      (message.files ?? []).map((each) => file(each, shown.seen.me.user_id)),
      canReply && message.replies > 0 && replies(message, openThread),
    ),
    !message.is_ephemeral && tools(page, shown, message, canReply && openThread),
  );
}

function body(page, shown, message) {
  const { place } = shown;
  const context = contextOf(shown, {
    surface: "message",
    act: (action) => page.acts.onMessage(place.channel, message, action),
  });
  const shownAs = message.blocks?.length
    ? renderBlocks(message.blocks, context)
    : h("div", { class: "kit-block kit-text" }, renderMrkdwn(message.text, context));
  return h(
    "div",
    { class: "message-body" },
    shownAs,
    message.edited && h("span", { class: "message-edited" }, "(edited)"),
  );
}

function privately(page, message) {
  const dismiss = () => {
    page.dismissed.add(page.store.state.place.me, message);
    page.store.set({ dismissals: page.store.state.dismissals + 1 });
    document.getElementById("messages").focus({ preventScroll: true });
  };
  return h(
    "p",
    { class: "message-only" },
    h("span", null, "Only visible to you"),
    h("button", { type: "button", class: "text-button", onclick: dismiss }, "Dismiss"),
  );
}

function badge(message, author) {
  if (message.is_bot || author?.is_bot) return h("span", { class: "badge" }, "App");
  if (author?.is_external) return h("span", { class: "badge" }, "Another company");
  if (author?.is_restricted) return h("span", { class: "badge" }, "Guest");
  return null;
}

function face(author, name) {
  if (author?.is_bot) return h("span", { class: "face face-bot", "aria-hidden": "true" }, "✓✓");
  const isLatin = /^[a-z]/i.test(name);
  const letters = isLatin ? name.split(/\s+/).map((word) => word[0]) : [...name];
  const id = author?.user_id ?? "";
  const colour = [...id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % FACES;
  const look = `face face-${colour}`;
  return h("span", { class: look, "aria-hidden": "true" }, letters.slice(0, 2).join("").toUpperCase());
}

function file({ id, name, size }, me) {
  const address = `/_page/files/${encodeURIComponent(id)}?as=${encodeURIComponent(me)}`;
  return h(
    "a",
    { class: "file", href: address, download: name, "aria-label": `Download ${name}` },
    icon("file"),
    h("span", { class: "file-name" }, name),
    h("span", { class: "file-size" }, `${Math.max(1, Math.round(size / 1024))} KB`),
  );
}

function replies(message, openThread) {
  const words = message.replies === 1 ? "1 reply" : `${message.replies} replies`;
  return h(
    "button",
    { type: "button", class: "replies", dataset: { part: "replies" }, onclick: openThread },
    icon("bubble"),
    words,
  );
}

function tools(page, shown, message, openThread) {
  const reply = () =>
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Reply in thread",
        title: "Reply in thread",
        dataset: { part: "reply" },
        onclick: openThread,
      },
      icon("bubble"),
    );
  return h(
    "div",
    { class: "message-tools" },
    openThread && reply(),
    createShortcuts(page, shown, message, openThread),
  );
}
