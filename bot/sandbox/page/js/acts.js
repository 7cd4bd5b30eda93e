/** What the person does, as acts of the workspace. What goes wrong is said in plain words. */

import { addressed } from "./addressing.js";
import { postAct } from "./api.js";
import { toast } from "./toast.js";

// Slack's words for what stopped a delivery. Anything else is shown as it came.
const WORDS = {
  account_inactive: "This account is deactivated: it can do nothing here.",
  command_not_available_to_external_people:
    "People of another company cannot use this app's commands and shortcuts.",
  dispatch_failed: "The bot is not running or not connected. Try “Restart the bot” under Clouds.",
  is_archived: "This channel is archived: nothing can be sent to it.",
  not_in_channel: "This person is not a member of the channel.",
  operation_timeout: "The bot did not answer within three seconds.",
  trouble_connecting: "The app answered what Slack cannot show. Try again.",
  user_disabled: "This account is deactivated: it has no Home.",
};
const CHANGED = 409; // no client of this person's could do it any more
const STALE = "This has changed meanwhile: what you pressed is no longer there.";
const HARMLESS = new Set(["not_subscribed"]); // the message stands there; the app need not hear of it

/**
 * @typedef {{ok: boolean, error: string | null}} Outcome
 *
 * @param {ReturnType<import("./store.js").createStore>} store
 * @param {() => Promise<void>} refresh
 */
export function createActs(store, refresh) {
  /** @returns {Promise<Outcome>} */
  async function act(what, args) {
    const outcome = await told(what, { as: store.state.place.me, ...args });
    refresh();
    if (!outcome.ok) toast(outcome.error);
    return outcome;
  }

  /** In a modal, which says by itself what went wrong and first needs to know of it. */
  async function inModal(what, args) {
    const outcome = await told(what, { as: store.state.place.me, ...args });
    await refresh();
    return outcome;
  }

  return {
    command: (channel, command, text) => act("command", { channel, command, text }),
    say: (channel, text, thread) => act("say", { channel, text, ...(thread && { thread_ts: thread }) }),
    shortcut: (channel, ts, callbackId) =>
      act("use_shortcut", { channel, ts, callback_id: callbackId }),
    openHome: () => act("open_home", {}),
    onMessage: (channel, message, action) =>
      act("click_message", { channel, ts: message.ts, ...addressed(message.blocks, action) }),
    onHome: (view, action) => act("click_home", addressed(view.blocks, action)),
    onModal: (view, action) => inModal("click_modal", addressed(view.blocks, action)),
    submit: (values) => inModal("submit", { values }),
    closeView: (all) => inModal("close_view", { all_views: all }),
  };
}

async function told(what, args) {
  try {
    const delivery = await postAct({ do: what, ...args });
    const error = delivery?.error ?? null;
    if (!error || HARMLESS.has(error)) return { ok: true, error: null };
    return { ok: false, error: Object.hasOwn(WORDS, error) ? WORDS[error] : error };
  } catch (error) {
    return { ok: false, error: error.status === CHANGED ? STALE : error.message };
  }
}
