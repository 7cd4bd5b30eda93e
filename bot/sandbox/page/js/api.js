/** The page's own server: JSON over fetch, and events that say when to look again. */

const AGAIN = 1500; // milliseconds before a lost event stream is tried anew

/** What the server said no to; `message` is its sentence. */
export class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** Nobody answered. */
export class Unreachable extends Error {}

/**
 * What a person sees.
 *
 * @param {import("./place.js").Place} place
 * @returns {Promise<object>}
 */
export function getState({ me, channel, thread }) {
  return call("GET", `/_page/state?${new URLSearchParams({ as: me, channel, thread })}`);
}

/**
 * Something a person does, as the workspace's control API takes it.
 *
 * @param {{do: string, as: string}} what and its arguments
 * @returns {Promise<{ok: boolean, error: string | null} | null>} the delivery
 */
export function postAct(what) {
  return call("POST", "/_page/act", what);
}

/** @returns {Promise<{accounts: object[], calls: object[], faults: object[]}>} */
export function getClouds() {
  return call("GET", "/_page/clouds");
}

/** @param {string} account @returns {Promise<object[]>} its orders, as its own list has them */
export function getOrders(account) {
  return call("GET", `/_clouds/_sandbox/orders?${new URLSearchParams({ account })}`);
}

/** Change an order behind the bot's back. @param {string} orderId @param {object} changes */
export function changeOrder(orderId, changes) {
  return call("POST", `/_clouds/_sandbox/orders/${encodeURIComponent(orderId)}`, changes);
}

/** @param {string} account @returns {Promise<object>} a new unpaid order */
export function placeOrder(account) {
  return call("POST", "/_clouds/_sandbox/orders", { account });
}

/** @param {{kind: string, account?: string, operation?: string, seconds?: number, times?: number}} fault */
export function addFault(fault) {
  return call("POST", "/_clouds/_sandbox/faults", fault);
}

export function clearFaults() {
  return call("DELETE", "/_clouds/_sandbox/faults");
}

/** @returns {Promise<{now: string, shift_seconds: number}>} */
export function getClock() {
  return call("GET", "/_page/clock");
}

/** @param {number} seconds forward @returns {Promise<{now: string, shift_seconds: number}>} */
export function moveClock(seconds) {
  return call("POST", "/_page/clock", { move_seconds: seconds });
}

/** Stop the bot and start it again. */
export function restartBot() {
  return call("POST", "/_page/restart", {});
}

/**
 * Hear of changes for as long as the page lives.
 *
 * @param {{onChange: () => void, onLost: () => void}} told
 */
export function listen({ onChange, onLost }) {
  const events = new EventSource("/_page/events");
  events.onmessage = onChange;
  events.onerror = () => {
    onLost();
    if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => listen({ onChange, onLost }), AGAIN);
  };
}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Unreachable("Nobody answers: the demo has ended. Run make demo again.");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    throw new Refusal(response.status, answer?.error || `The page's server answered ${response.status}.`);
  }
  return answer;
}
