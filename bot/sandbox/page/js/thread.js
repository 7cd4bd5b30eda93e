/** A thread, beside its channel; over it on a phone. */

import { cannotType, createComposer } from "./composer.js";
import { h } from "./dom.js";
import { isNarrow } from "./drawers.js";
import { icon } from "./icons.js";
import { follow } from "./keyed.js";
import { messageItem } from "./message.js";
import { channelOf } from "./store.js";
import { toast } from "./toast.js";

/** @param {object} page see main.js */
export function createThread(page) {
  const { store, go } = page;
  const panel = document.getElementById("thread");
  const title = h("h2", { class: "panel-title" }, "Thread");
  const about = h("p", { class: "panel-about" });
  const list = h("div", {
    class: "messages",
    role: "region",
    "aria-label": "Messages of the thread",
    tabindex: "0",
  });
  const composer = createComposer({ id: "thread-composer", commands: false, send });
  const close = () => go({ thread: "" });
  const closer = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close the thread", onclick: close },
    icon("close"),
  );
  panel.append(
    h(
      "header",
      { class: "panel-head" },
      h("div", { class: "place-words" }, title, about),
      closer,
    ),
    list,
    h("div", { class: "composer-place" }, composer.element),
  );
  panel.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && close());

  function send(text) {
    const { place } = store.state;
    if (!text.startsWith("/")) return page.acts.say(place.channel, text, place.thread);
    toast("Commands are not available in threads: type them in the channel.");
    return Promise.resolve({ ok: false });
  }

  function draw(shown, before) {
    const { place, seen } = shown;
    const wasOpen = !panel.hidden && before?.place.thread === place.thread;
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = !place.thread;
    if (!place.thread) {
      if (hadFocus) focusOn(before.place.thread);
      return;
    }
    const channel = channelOf(seen, place.channel);
    about.textContent = channel.kind === "dm" ? channel.name : `#${channel.name}`;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
    const items = (seen.thread ?? []).filter((each) => !page.dismissed.has(place.me, each));
    follow(list, items.map((each) => messageItem(page, shown, each, { inThread: true })));
    if (atEnd || !wasOpen) list.scrollTop = list.scrollHeight;
    composer.show({
      label: "Reply",
      draft: `${place.me} ${place.channel} ${place.thread}`,
      stopped: cannotType(seen.me, channel),
      accounts: [],
    });
    if (before && !wasOpen) (isNarrow() ? closer : composer).focus();
  }

  store.subscribe((state, before) => {
    const changed = state.shown !== before.shown || state.dismissals !== before.dismissals;
    if (state.shown && changed) draw(state.shown, before.shown);
  });
}

/** Back to the message that the thread belongs to. */
function focusOn(ts) {
  const message = [...document.querySelectorAll("#messages [data-ts]")].find(
    (each) => each.dataset.ts === ts,
  );
  message?.querySelector("[data-part=replies], [data-part=message-menu]")?.focus();
}
