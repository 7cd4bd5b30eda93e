/** From a person's click or choice to the workspace: confirmed first, once at a time, seen to fail. */

import { h } from "../dom.js";
import { askConfirm } from "./confirm.js";
import { heldBy, keyOf } from "./held.js";

const TYPING = 300; // milliseconds without a key before the app is told
const FAILED = "This did not work. Try again.";

/**
 * Send what was done with an element. A second click on a busy button does nothing; what is typed
 * and chosen is always sent.
 *
 * @param {HTMLElement} control shows that it is busy, or that it failed
 * @param {{block: object, element: object, context: import("./context.js").Context}} place
 * @param {{choose?: import("./context.js").Held}} [done]
 * @returns {Promise<boolean>} false where the person thought better of it
 */
export async function act(control, { block, element, context }, done = {}) {
  const isClick = element.type === "button" || element.type === "overflow";
  if (isClick && control.getAttribute("aria-busy") === "true") return true;
  if (element.confirm && !(await askConfirm(element.confirm, context))) return false;
  control.parentElement?.querySelector(":scope > .kit-failed")?.remove();
  control.setAttribute("aria-busy", "true");
  try {
    const outcome = await context.act?.(actionOf(block, element, done));
    if (outcome?.ok === false) showFailure(control, outcome.error);
  } catch (error) {
    showFailure(control, error?.message);
  } finally {
    control.removeAttribute("aria-busy");
  }
  return true;
}

/**
 * Keep what is held now and, where the block tells the app of it, send it.
 *
 * @param {HTMLElement} control
 * @param {{block: object, element: object, context: import("./context.js").Context}} place
 * @param {import("./context.js").Held} value
 * @returns {Promise<boolean>} false where the person thought better of it
 */
export async function choose(control, place, value) {
  const { block, element, context } = place;
  const key = keyOf(block, element);
  const before = heldBy(block, element, context);
  context.values?.set(key, value); // at once: the form may be sent before the app has answered
  if (!tellsApp(block) || (await act(control, place, { choose: value }))) return true;
  context.values?.set(key, before);
  return false;
}

/** Whether a change in this block is an action. */
export function tellsApp(block) {
  return block.type !== "input" || block.dispatch_action === true;
}

/**
 * A function that calls *run* once no more calls come for a while; at once where the context's
 * `waiting` is flushed, as before a form is sent.
 *
 * @param {import("./context.js").Context} context
 * @param {() => void} run
 * @returns {() => void}
 */
export function afterTyping(context, run) {
  let timer = 0;
  const entry = {
    flush() {
      clearTimeout(timer);
      context.waiting?.delete(entry);
      run();
    },
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(entry.flush, TYPING);
    context.waiting?.add(entry);
  };
}

/** The attributes by which a control is found again, by tests and after a redraw. */
export function marks(block, element) {
  return { actionId: element.action_id, blockId: block.block_id };
}

function actionOf(block, element, done) {
  const action = { action_id: element.action_id, block_id: block.block_id };
  if (element.type === "button" && element.value !== undefined) action.value = element.value;
  return "choose" in done ? { ...action, choose: done.choose } : action;
}

function showFailure(control, reason) {
  const sentence = h("span", { class: "kit-failed", role: "alert", title: reason || null }, FAILED);
  control.after(sentence);
}
