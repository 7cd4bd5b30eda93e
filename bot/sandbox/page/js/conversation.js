/** A channel: its heading, its messages, the composer below them. */

import { createComposer, cannotType } from "./composer.js";
import { dayOf } from "./context.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { follow } from "./keyed.js";
import { samePlace } from "./place.js";
import { channelOf } from "./store.js";
import { createSuggestions } from "./suggestions.js";
import { toast } from "./toast.js";

const NEAR = 48; // pixels from the end that still count as being there
const ABOUT = {
  channel: "Everybody of the company can read this channel.",
  private: "Private: only its members know of it.",
  shared: "Shared with people of another company.",
  dm: "What you write here is read like what follows /order.",
};
const ENDED = "The demo has ended: run make demo again. This page goes on by itself then.";

/** @param {object} page see main.js */
export function createConversation(page) {
  const { store } = page;
  const list = document.getElementById("messages");
  const scroll = createScroll(list, document.getElementById("to-end"));
  const suggestions = createSuggestions({ run: send });
  const composer = createComposer({
    id: "composer",
    commands: true,
    send,
    onEmpty: (isEmpty) => suggestions.show(isEmpty),
  });
  document.getElementById("composer-place").append(suggestions.element, composer.element);
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the place
    composer.focus();
  });

  function send(text) {
    const { shown, place } = store.state;
    const word = text.split(/\s/, 1)[0];
    if (!word.startsWith("/")) return page.acts.say(place.channel, text);
    if (shown.seen.app.commands.includes(word)) {
      return page.acts.command(place.channel, word, text.slice(word.length).trim());
    }
    const known = shown.seen.app.commands.join(", ");
    toast(`There is no command ${word} in this workspace. It knows ${known}.`);
    return Promise.resolve({ ok: false });
  }

  function draw(shown, before) {
    const { place, seen } = shown;
    const channel = channelOf(seen, place.channel);
    document.getElementById("conversation").hidden = place.home;
    if (place.home) return;
    heading(channel, seen);
    const isElsewhere = !before || !samePlace({ ...place, thread: "" }, { ...before.place, thread: "" });
    const name = called(channel);
    list.setAttribute("aria-label", `Messages in ${name}`);
    if (page.drawing) {
      scroll.keeping(isElsewhere, isMine(shown), () => follow(list, listed(page, shown, channel)));
    }
    composer.show({
      label: `Message ${name}`,
      draft: `${place.me} ${place.channel}`,
      stopped: cannotType(seen.me, channel),
      accounts: suggestions.accounts,
    });
    suggestions.follow(seen, Boolean(channel?.can_type));
  }

  store.subscribe((state, before) => {
    const changed = state.shown !== before.shown || state.dismissals !== before.dismissals;
    if (state.shown && changed) draw(state.shown, before.shown);
    if (state.status !== before.status) showEnded(state.status === "ended");
  });
}

function heading(channel, seen) {
  const name = called(channel);
  document.getElementById("place-name").textContent = name;
  const about = channel?.is_archived ? "Archived: it can be read." : ABOUT[channel?.kind];
  document.getElementById("place-about").textContent =
    about ?? `${seen.me.real_name} is a member of no conversation.`;
  document.title = `${name} · countersign demo`;
}

function called(channel) {
  if (!channel) return "No channel";
  return channel.kind === "dm" ? channel.name : `#${channel.name}`;
}

function isMine({ seen }) {
  return seen.messages.at(-1)?.user === seen.me.user_id;
}

/** Messages, with a line wherever a day begins. */
function listed(page, shown, channel) {
  const { me, messages } = shown.seen;
  const items = [];
  let day = "";
  for (const message of messages) {
    if (page.dismissed.has(me.user_id, message)) continue;
    const moment = new Date(Number(message.ts) * 1000);
    if (dayOf(moment, me.tz) !== day) {
      day = dayOf(moment, me.tz);
      items.push(dayItem(day, page.drawing.fullDay(moment, me.tz)));
    }
    items.push(page.drawing.messageItem(page, shown, message, { inThread: false }));
  }
  if (!items.length && channel) items.push(emptyItem(channel));
  return items;
}

function dayItem(day, words) {
  const make = () => h("div", { class: "day" }, h("span", { class: "day-words" }, words));
  return { key: `day ${day}`, content: words, make };
}

function emptyItem(channel) {
  const make = () =>
    h(
      "div",
      { class: "empty" },
      h("p", { class: "empty-head" }, `Nothing was said in ${called(channel)} yet.`),
      channel.can_type && h("p", null, "Start with a suggestion below, or type / for all commands."),
    );
  return { key: "empty", content: JSON.stringify([called(channel), channel.can_type]), make };
}

function showEnded(isEnded) {
  const banner = document.getElementById("ended");
  banner.hidden = !isEnded;
  banner.textContent = isEnded ? ENDED : "";
}

/** The list stays at its end, unless the reader has gone up to read. */
function createScroll(list, button) {
  let atEnd = true;
  let size = "";
  const sizeNow = () => `${list.scrollHeight} ${list.clientHeight}`;
  const toEnd = () => {
    list.scrollTop = list.scrollHeight;
    size = sizeNow();
  };
  const look = () => {
    if (atEnd && size !== sizeNow()) return toEnd(); // the list moved, not the reader
    atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    if (atEnd) button.hidden = true;
  };
  button.append(icon("end"));
  button.addEventListener("click", () => {
    toEnd();
    list.focus();
  });
  list.addEventListener("scroll", look);
  new ResizeObserver(() => atEnd && toEnd()).observe(list);

  /** *redraw*, and be where the reader wants to be afterwards. */
  function keeping(isElsewhere, isMine, redraw) {
    const last = list.lastElementChild;
    redraw();
    const isNew = list.lastElementChild !== last && list.lastElementChild?.dataset.key !== last?.dataset.key;
    const isInMenu = list.querySelector(":popover-open"); // scrolling would close it
    if (isElsewhere || (atEnd && !isInMenu) || (isNew && isMine)) {
      toEnd();
      atEnd = true;
      button.hidden = true;
    } else if (isNew) {
      button.hidden = false;
    }
  }

  return { keeping };
}
