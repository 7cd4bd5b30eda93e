/** Who one is, the app's Home and messages, and the channels with what is unread in them. */

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { follow } from "./keyed.js";

const ICONS = { channel: "hash", private: "lock", shared: "shared", dm: "bubble" };
const KINDS = { private: "private", shared: "shared with another company", dm: "messages with the app" };

/**
 * @param {object} page see main.js
 * @param {ReturnType<import("./actas.js").createActAs>} actAs
 */
export function createSidebar(page, actAs) {
  const { store, go } = page;
  const nav = document.getElementById("sidebar");
  const lists = { app: h("ul", { class: "places" }), channels: h("ul", { class: "places" }) };
  const groups = { app: group("App", lists.app), channels: group("Channels", lists.channels) };

  document.getElementById("open-sidebar").append(icon("menu"));
  nav.append(
    h(
      "p",
      { class: "workspace" },
      h("span", { class: "workspace-mark", "aria-hidden": "true" }, "✓✓"),
      "countersign demo",
    ),
    actAs.element,
    groups.app,
    groups.channels,
  );

  function draw({ place, seen }) {
    actAs.show(seen);
    const own = seen.channels.filter((each) => each.kind === "dm");
    const others = seen.channels.filter((each) => each.kind !== "dm");
    groups.app.hidden = !own.length;
    groups.channels.hidden = !others.length;
    const home = { isHere: place.home, go: () => go({ home: true, channel: "" }) };
    follow(lists.app, [
      ...own.map(() => entry("home", "Home", "", home)),
      ...own.map((each) => channelEntry(page, place, each)),
    ]);
    follow(lists.channels, others.map((each) => channelEntry(page, place, each)));
  }

  store.subscribe((state, before) => {
    if (!state.shown || state.shown === before.shown) return;
    readHere(page, state.shown);
    draw(state.shown);
  });
  document.addEventListener("visibilitychange", () => {
    const { shown } = store.state;
    if (!shown || document.hidden) return;
    readHere(page, shown);
    draw(shown);
  });
}

function group(words, list) {
  const id = uid("places");
  list.setAttribute("aria-labelledby", id);
  return h("div", { class: "places-group" }, h("h2", { class: "places-head", id }, words), list);
}

/** What stands on the screen is read. */
function readHere({ marks }, { place, seen }) {
  const here = seen.channels.find((each) => each.channel_id === place.channel);
  if (here && !document.hidden) marks.read(place.me, here);
}

function channelEntry({ go, marks }, place, channel) {
  const { channel_id: id, kind, name, is_archived: archived } = channel;
  return entry(archived ? "archive" : ICONS[kind], name, archived ? "archived" : (KINDS[kind] ?? ""), {
    key: id,
    isHere: place.channel === id,
    isUnread: marks.isUnread(place.me, channel),
    go: () => go({ channel: id, home: false }),
  });
}

function entry(drawing, name, about, { key = "home", isHere, isUnread = false, go }) {
  const look = `place${isHere ? " place-here" : ""}${isUnread ? " place-unread" : ""}`;
  const make = () =>
    h(
      "li",
      null,
      h(
        "button",
        {
          type: "button",
          class: look,
          "aria-current": isHere ? "page" : null,
          dataset: { part: `place-${key}`, channel: key },
          onclick: go,
        },
        icon(drawing),
        h("span", { class: "place-label" }, name),
        about && h("span", { class: "unseen" }, `, ${about}`),
        isUnread && h("span", { class: "unseen" }, ", unread"),
        isUnread && h("span", { class: "place-dot", "aria-hidden": "true" }),
      ),
    );
  return { key, content: JSON.stringify([drawing, name, look]), make };
}
