/** The list of completions above a composer: walked by arrows, taken by Tab, Enter or a click. */

import { h, uid } from "./dom.js";
import { completions } from "./words.js";

const COMMANDS = ["/order"];

/**
 * @param {HTMLTextAreaElement} input
 * @param {() => string[]} accounts names that a filter may hold
 * @param {() => void} changed called when a completion was taken
 */
export function createCompletion(input, accounts, changed) {
  const list = h("ul", {
    id: uid("completions"),
    class: "completions",
    role: "listbox",
    "aria-label": "Completions",
    tabindex: "0", // it scrolls; closed before Shift+Tab could get there
    hidden: true,
  });
  let offered = [];
  let at = -1;
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);

  function offer() {
    const atEnd = input.selectionStart === input.value.length;
    offered = atEnd ? completions(input.value, { commands: COMMANDS, accounts: accounts() }) : [];
    at = -1;
    list.replaceChildren(...offered.map(option));
    list.hidden = !offered.length;
    list.scrollTop = 0;
    input.removeAttribute("aria-activedescendant");
  }

  function option({ word, about }, n) {
    const [id, take] = [uid("completion"), () => accept(n)];
    return h(
      "li",
      { id, class: "completion", role: "option", "aria-selected": "false", onclick: take },
      h("span", { class: "completion-word" }, word),
      h("span", { class: "completion-about" }, about),
    );
  }

  function accept(n) {
    input.value = offered[n].text;
    changed();
    input.focus();
    offer();
  }

  function choose(n) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = n;
    const chosen = list.children[at];
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen.id);
  }

  function close() {
    offered = [];
    at = -1;
    list.hidden = true;
    list.replaceChildren();
    input.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was the list's. */
  function key(event) {
    if (event.key === "Tab" && event.shiftKey) close();
    if (!offered.length || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    const count = offered.length;
    if (event.key === "ArrowDown") choose((at + 1) % count);
    else if (event.key === "ArrowUp") choose(at < 0 ? count - 1 : (at + count - 1) % count);
    else if (event.key === "Tab") accept(Math.max(at, 0));
    else if (event.key === "Enter" && at >= 0) accept(at);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  list.addEventListener("mousedown", (event) => event.preventDefault()); // one goes on typing
  input.addEventListener("blur", close);
  return { element: list, offer, close, key };
}
