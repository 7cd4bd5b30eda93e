/** What the kit has to know to draw blocks for the person who looks. */

import { clockOf } from "./store.js";

/**
 * @param {import("./store.js").Shown} shown
 * @param {Partial<import("./kit/context.js").Context>} more surface, act and what else differs
 * @returns {import("./kit/context.js").Context}
 */
export function contextOf(shown, more) {
  const { seen } = shown;
  return {
    people: seen.people,
    groups: seen.groups,
    channels: seen.channels,
    me: seen.me.user_id,
    zone: seen.me.tz,
    now: () => clockOf(shown),
    values: new Map(),
    waiting: new Set(),
    errors: {},
    ...more,
  };
}

/** The calendar day in the person's zone, YYYY-MM-DD: "today" in a drawing hangs on it. */
export function dayOf(moment, zone) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(moment);
}
