/**
 * Where a person stands, kept in the address so that a reload and the Back key know it:
 * `#/U0BOB/C0APPROVALS`, `#/U0BOB/C0APPROVALS/1760000000.000001` (a thread), `#/U0BOB/home`.
 *
 * @typedef {object} Place
 * @property {string} me user id
 * @property {string} channel channel id; "" on Home, or where none is chosen yet
 * @property {boolean} home
 * @property {string} thread ts of its first message, or ""
 */

export const FIRST = { me: "U0ALICE", channel: "", home: false, thread: "" };
const HOME = "home";
const GENERAL = "general";

/** @param {string} hash of the address @returns {Place} */
export function readPlace(hash) {
  const [start, me, where = "", thread = ""] = hash.split("/").map(decoded);
  if (start !== "#" || !me) return FIRST;
  if (where === HOME) return { me, channel: "", home: true, thread: "" };
  return { me, channel: where, home: false, thread: where ? thread : "" };
}

/** @param {Place} place @returns {string} with its leading `#` */
export function writePlace({ me, channel, home, thread }) {
  const parts = [me, home ? HOME : channel, thread].filter(Boolean);
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** @param {Place} one @param {Place} other @returns {boolean} */
export function samePlace(one, other) {
  return writePlace(one) === writePlace(other);
}

/**
 * The nearest place that this person can stand in: the same channel, else #general, else the first;
 * direct messages with the app are each person's own.
 *
 * @param {Place} place
 * @param {{channels: {channel_id: string, name: string, kind: string}[], thread: object[] | null}} seen
 * @returns {Place}
 */
export function settled(place, { channels, thread }) {
  const own = channels.find((each) => each.kind === "dm");
  if (place.home) {
    if (own) return place;
  } else if (channels.some((each) => each.channel_id === place.channel)) {
    return place.thread && thread && !thread.length ? { ...place, thread: "" } : place;
  } else if (own && place.channel.startsWith("D")) {
    return { ...place, channel: own.channel_id, thread: "" };
  }
  const general = channels.find((each) => each.name === GENERAL);
  const channel = (general ?? channels[0])?.channel_id ?? "";
  return { ...place, channel, home: false, thread: "" };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
