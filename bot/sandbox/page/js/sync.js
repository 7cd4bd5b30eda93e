/** Keeps the store up to date with what the person sees. */

import { getState, Refusal, Unreachable } from "./api.js";
import { coalesced } from "./coalesced.js";
import { FIRST, samePlace, settled, writePlace } from "./place.js";

/**
 * @param {ReturnType<import("./store.js").createStore>} store
 * @returns {() => Promise<void>} look again; resolves once what was asked for is shown
 */
export function createSync(store) {
  const refresh = coalesced(once);

  async function once() {
    const { place } = store.state;
    let seen;
    try {
      seen = await getState(place);
    } catch (error) {
      failed(error, place);
      return;
    }
    if (!samePlace(place, store.state.place)) {
      refresh();
      return;
    }
    const nearest = settled(place, seen);
    if (!samePlace(nearest, place)) return move(nearest);
    const shown = { place, seen, at: performance.now() };
    store.set({ shown, status: "live" });
  }

  function failed(error, place) {
    if (error instanceof Unreachable) {
      store.set({ status: "ended" });
    } else if (error instanceof Refusal && !samePlace(place, FIRST)) {
      // An address of another day: its person, or else only its channel, is not known here.
      move(place.channel ? { ...FIRST, me: place.me } : FIRST);
    } else {
      throw error;
    }
  }

  function move(place) {
    history.replaceState(null, "", writePlace(place));
    store.set({ place });
    refresh();
  }

  return refresh;
}
