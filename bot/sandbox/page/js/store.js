/**
 * What the page shows, and what each person has read and put away.
 *
 * @typedef {object} Shown what was fetched, and for which place
 * @property {import("./place.js").Place} place
 * @property {object} seen the server's answer
 * @property {number} at when it came, in the browser's own milliseconds
 *
 * @typedef {object} PageState
 * @property {import("./place.js").Place} place where the person wants to be
 * @property {Shown | null} shown null until the first answer
 * @property {"loading" | "live" | "ended"} status
 * @property {boolean} cloudsOpen
 * @property {boolean} sidebarOpen on narrow screens
 * @property {number} dismissals counts them, so that the messages are drawn again
 */

const READ = "countersign.read";
const DISMISSED = "countersign.dismissed";
const KEPT = 500; // dismissed messages

/**
 * @param {PageState} first
 * @returns {{state: PageState, set: (changes: Partial<PageState>) => void,
 *   subscribe: (listener: (now: PageState, before: PageState) => void) => void}}
 */
export function createStore(first) {
  const listeners = new Set();
  const store = {
    state: first,
    set(changes) {
      const before = store.state;
      store.state = { ...before, ...changes };
      for (const listener of listeners) listener(store.state, before);
    },
    subscribe(listener) {
      listeners.add(listener);
    },
  };
  return store;
}

/** The moment by the stage's clock. @param {Shown} shown @returns {Date} */
export function clockOf({ seen, at }) {
  return new Date(Date.parse(seen.now) + (performance.now() - at));
}

/** @param {object} seen @param {string} channelId @returns {object | undefined} */
export function channelOf(seen, channelId) {
  return seen.channels.find((each) => each.channel_id === channelId);
}

/** How far each person has read, remembered by the browser. */
export class ReadMarks {
  #marks = stored(localStorage, READ) ?? {};

  /** @param {string} me @param {{channel_id: string, last_ts: string}} channel @returns {boolean} */
  isUnread(me, { channel_id: channelId, last_ts: last }) {
    return last > (this.#marks[me]?.[channelId] ?? "");
  }

  /** @param {string} me @param {{channel_id: string, last_ts: string}} channel */
  read(me, channel) {
    if (!this.isUnread(me, channel)) return;
    this.#marks[me] = { ...this.#marks[me], [channel.channel_id]: channel.last_ts };
    keep(localStorage, READ, this.#marks);
  }
}

/** Messages that a person put away; only those that nobody else sees can be. */
export class Dismissed {
  #keys = new Set(stored(sessionStorage, DISMISSED) ?? []);

  has(me, message) {
    return message.is_ephemeral && this.#keys.has(`${me} ${message.ts}`);
  }

  add(me, message) {
    this.#keys.add(`${me} ${message.ts}`);
    keep(sessionStorage, DISMISSED, [...this.#keys].slice(-KEPT));
  }
}

function stored(storage, name) {
  try {
    return JSON.parse(storage.getItem(name));
  } catch {
    return null; // a browser may forbid storage, or hold what another version wrote
  }
}

function keep(storage, name, value) {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // Forgotten with the page, then.
  }
}
