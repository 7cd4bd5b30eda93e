/**
 * What the kit has to know of its surroundings.
 *
 * @typedef {object} Context
 * @property {"message" | "modal" | "home"} surface
 * @property {{user_id: string, name: string, real_name?: string, deleted?: boolean,
 *   is_bot?: boolean}[]} [people]
 * @property {{group_id: string, handle: string}[]} [groups]
 * @property {{channel_id: string, name: string, kind?: string}[]} [channels]
 * @property {string} [me] user id of who looks
 * @property {string} [zone] IANA name; the browser's own where there is none
 * @property {Date | string | (() => Date | string)} [now] for "today" and "3 minutes ago"
 * @property {(action: Action) => Promise<{ok?: boolean, error?: string | null} | void>} [act]
 * @property {Map<string, Held>} [values] what is typed and chosen, by `keyOf`
 * @property {Record<string, string>} [errors] sentences under inputs, by block id
 * @property {Set<{flush: () => void}>} [waiting] what was typed and not yet told to the app
 *
 * @typedef {string | string[] | null} Held
 *
 * @typedef {object} Action what a person did, as the workspace's acting methods take it
 * @property {string} action_id
 * @property {string} [block_id]
 * @property {string} [value] of a button
 * @property {Held} [choose] of everything else
 */

/** @param {Context} context @returns {Date} */
export function nowOf(context) {
  const now = typeof context.now === "function" ? context.now() : context.now;
  const read = now ? new Date(now) : new Date();
  return Number.isNaN(read.getTime()) ? new Date() : read;
}

/** A person's name, or the id where nobody is known by it. */
export function personName(context, userId) {
  const person = (context.people ?? []).find((each) => each.user_id === userId);
  return person ? person.real_name || person.name : userId;
}

/** A channel's name, or null. */
export function channelName(context, channelId) {
  return (context.channels ?? []).find((each) => each.channel_id === channelId)?.name || null;
}

/** A group's handle, or null. */
export function groupHandle(context, groupId) {
  return (context.groups ?? []).find((each) => each.group_id === groupId)?.handle || null;
}
