/** The app's Home tab. */

import { contextOf, dayOf } from "./context.js";
import { h } from "./dom.js";
import { follow } from "./keyed.js";
import { renderBlocks } from "./kit/render.js";
import { clockOf } from "./store.js";

/** @param {object} page see main.js */
export function createHome(page) {
  const { store, acts } = page;
  const section = document.getElementById("home");
  const place = document.getElementById("home-blocks");
  let opened = ""; // whose Home is open

  function draw(shown) {
    const { seen } = shown;
    section.hidden = !shown.place.home;
    if (!shown.place.home) {
      opened = "";
      return;
    }
    document.getElementById("place-name").textContent = "Home";
    document.getElementById("place-about").textContent = "What the app shows to you alone.";
    document.title = "Home · countersign demo";
    follow(place, [seen.home ? homeItem(shown) : waitingItem(seen.me)]);
    if (opened === shown.place.me) return;
    opened = shown.place.me;
    section.scrollTop = 0;
    acts.openHome();
  }

  function homeItem(shown) {
    const { home, me } = shown.seen;
    const context = contextOf(shown, { surface: "home", act: (action) => acts.onHome(home, action) });
    return {
      key: home.id,
      content: `${home.hash} ${dayOf(clockOf(shown), me.tz)}`,
      make: () => h("div", null, renderBlocks(home.blocks, context)),
    };
  }

  store.subscribe((state, before) => {
    if (state.shown && state.shown !== before.shown) draw(state.shown);
  });
}

function waitingItem({ user_id: userId, deleted }) {
  const words = deleted ? "A deactivated account has no Home." : "The app is drawing your Home…";
  return { key: `waiting ${userId}`, content: words, make: () => h("p", { class: "empty" }, words) };
}
