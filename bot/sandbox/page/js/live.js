/** Reads new messages, and what became of old ones, to people who do not see the page. */

import { contextOf } from "./context.js";
import { h } from "./dom.js";
import { renderMrkdwn } from "./kit/render.js";
import { samePlace } from "./place.js";

const LONGEST = 300; // characters of one message
const KEPT = 10;

/** @param {object} page see main.js */
export function createLive({ store }) {
  const region = document.getElementById("live");

  function say(sentence) {
    region.append(h("p", null, sentence));
    while (region.children.length > KEPT) region.firstElementChild.remove();
  }

  store.subscribe(({ shown }, { shown: before }) => {
    if (!shown || shown === before || !before || !samePlace(shown.place, before.place)) return;
    for (const part of ["messages", "thread"]) {
      const told = new Map((before.seen[part] ?? []).map((each) => [each.ts, each.text]));
      for (const message of shown.seen[part] ?? []) {
        if (message.user === shown.place.me || told.get(message.ts) === message.text) continue;
        if (part === "thread" && !message.thread_ts) continue; // it was among the channel's
        say(`${told.has(message.ts) ? "Changed: " : ""}${spoken(shown, message)}`);
      }
    }
  });
}

function spoken(shown, message) {
  const author = shown.seen.people.find((each) => each.user_id === message.user);
  const words = document.createElement("div");
  words.append(renderMrkdwn(message.text, contextOf(shown, { surface: "message" })));
  const text = words.textContent.slice(0, LONGEST);
  return `${author?.real_name ?? message.user}: ${text}`;
}
