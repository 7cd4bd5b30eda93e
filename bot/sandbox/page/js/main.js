/** Starts the page: its parts, what they share, and who hears of changes. */

import { createActs } from "./acts.js";
import { createActAs } from "./actas.js";
import { listen } from "./api.js";
import { contextOf } from "./context.js";
import { createConversation } from "./conversation.js";
import { createDrawers } from "./drawers.js";
import { readPlace, samePlace, writePlace } from "./place.js";
import { createSidebar } from "./sidebar.js";
import { createStore, Dismissed, ReadMarks } from "./store.js";
import { createSync } from "./sync.js";

const LOST = 1000; // milliseconds without the event stream before it is worth a look

const store = createStore({
  place: readPlace(location.hash),
  shown: null,
  status: "loading",
  cloudsOpen: false,
  sidebarOpen: false,
  dismissals: 0,
});
const refresh = createSync(store);
const acts = createActs(store, refresh);

/** Stand somewhere else. @param {Partial<import("./place.js").Place>} changes */
function go(changes) {
  const place = { ...store.state.place, thread: "", ...changes };
  const cloudsOpen = store.state.cloudsOpen && !place.thread;
  store.set({ place, sidebarOpen: false, cloudsOpen });
  if (writePlace(place) !== location.hash) history.pushState(null, "", writePlace(place));
  refresh();
}

const page = {
  store,
  refresh,
  acts,
  go,
  marks: new ReadMarks(),
  dismissed: new Dismissed(),
  drawing: null, // how messages are drawn, once that is loaded
};
createDrawers(page);
createSidebar(page, createActAs(page));
createConversation(page);

addEventListener("popstate", () => {
  const place = readPlace(location.hash);
  if (samePlace(place, store.state.place)) return;
  store.set({ place });
  refresh();
});

let lost = 0;
listen({
  onChange: () => {
    clearTimeout(lost);
    refresh();
  },
  onLost: () => {
    clearTimeout(lost);
    lost = setTimeout(refresh, LOST);
  },
});
refresh();

// One can read and type before the rest of the page is there.
const [message, thread, home, clouds, live, modal] = await Promise.all([
  import("./message.js"),
  import("./thread.js"),
  import("./home.js"),
  import("./clouds.js"),
  import("./live.js"),
  import("./modal.js"),
]);
page.drawing = message;
thread.createThread(page);
home.createHome(page);
clouds.createClouds(page);
live.createLive(page);
const modals = modal.createModals({
  context: (view) =>
    contextOf(store.state.shown, {
      surface: "modal",
      act: (action) => acts.onModal(view, action),
    }),
  submit: (_view, values) => acts.submit(values),
  close: (_view, { all }) => acts.closeView(all),
  fallbackFocus: () => document.getElementById("composer"),
});
store.subscribe(({ shown }, before) => {
  if (shown && shown !== before.shown) modals.show(shown.seen.views);
});
refresh();
