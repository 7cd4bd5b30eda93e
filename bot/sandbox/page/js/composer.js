/** Where messages and commands are typed. Enter sends, Shift+Enter begins a line, `/` completes. */

import { createCompletion } from "./completion.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Why this person cannot type here, or "".
 *
 * @param {object} me
 * @param {object | undefined} channel
 * @returns {string}
 */
export function cannotType(me, channel) {
  const [first] = me.real_name.split(" ");
  if (!channel) return `${first} is a member of no conversation.`;
  if (channel.can_type) return "";
  if (me.deleted) return `${first}'s account is deactivated: it can do nothing here.`;
  if (channel.is_archived) return `#${channel.name} is archived: nothing can be sent to it.`;
  return `${first} is of another company: people of other companies cannot use /order. Buttons can be tried.`;
}

/**
 * @param {object} wanted
 * @param {string} wanted.id
 * @param {boolean} wanted.commands whether `/` completes
 * @param {(text: string) => Promise<{ok: boolean}>} wanted.send
 * @param {(isEmpty: boolean) => void} [wanted.onEmpty]
 */
export function createComposer({ id, commands, send, onEmpty }) {
  const drafts = new Map();
  let draft = null;
  let accounts = [];
  const input = h("textarea", {
    id,
    class: "composer-input",
    rows: "1",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "send",
  });
  const button = h(
    "button",
    { type: "button", class: "composer-send", "aria-label": "Send", title: "Send" },
    icon("send"),
  );
  const reason = h("p", { class: "composer-stopped", hidden: true });
  const completion = commands ? createCompletion(input, () => accounts, changed) : null;
  const frame = h("div", { class: "composer-frame" }, input, button);
  const keys = commands ? "/ for commands · Shift+Enter for a new line" : "";
  const hint = h("p", { class: "composer-hint" }, keys);
  const element = h("div", { class: "composer" }, completion?.element, frame, hint, reason);

  function changed() {
    drafts.set(draft, input.value);
    button.disabled = !input.value.trim();
    input.style.setProperty("height", "auto");
    input.style.setProperty("height", `${input.scrollHeight}px`);
    onEmpty?.(!input.value);
  }

  async function submit() {
    const text = input.value.trim();
    const from = draft;
    if (!text) return;
    set("");
    completion?.close();
    const outcome = await send(text);
    if (outcome.ok) return;
    if (drafts.get(from)) return; // something else was typed meanwhile
    drafts.set(from, text);
    if (draft === from) set(text);
  }

  function set(text) {
    input.value = text;
    changed();
  }

  input.addEventListener("input", () => {
    changed();
    completion?.offer();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || completion?.key(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  button.addEventListener("click", () => {
    submit();
    input.focus();
  });

  return {
    element,
    focus: () => input.focus(),
    /** @param {{label: string, draft: string, stopped: string, accounts: string[]}} now */
    show(now) {
      accounts = now.accounts;
      input.setAttribute("aria-label", now.label);
      input.placeholder = now.label;
      frame.hidden = hint.hidden = Boolean(now.stopped);
      reason.hidden = !now.stopped;
      reason.textContent = now.stopped;
      if (now.draft === draft) return;
      draft = now.draft;
      completion?.close();
      set(drafts.get(draft) ?? "");
    },
  };
}
