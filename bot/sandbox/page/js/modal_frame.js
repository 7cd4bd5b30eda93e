/** The window around a modal's blocks: title, buttons, and a line for what went wrong. */

import { h, uid } from "./dom.js";
import { openDialog } from "./kit/dialog.js";
import { keepFocus, plainOf } from "./kit/render.js";

/** The window: `body` takes the blocks, `dialog` is the whole. */
export class Frame {
  #close;
  #title;
  #dismiss;
  #trouble;
  #foot;
  #form;
  #words = "";

  /** @param {{submit: () => void, close: (all: boolean) => void}} hands */
  constructor({ submit, close }) {
    const id = uid("modal");
    this.#close = close;
    this.#title = h("h2", { id, class: "kit-modal-title" });
    this.#dismiss = part("dismiss", "kit-modal-dismiss", () => close(true), "✕");
    this.body = h("div", { class: "kit-modal-body" });
    this.#trouble = h("div", { class: "kit-trouble", role: "alert", hidden: true });
    this.#foot = h("footer", { class: "kit-modal-foot" });
    this.#form = h(
      "form",
      {
        class: "kit-modal-form",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          submit();
        },
        onkeydown: (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
        },
      },
      h("header", { class: "kit-modal-head" }, this.#title, this.#dismiss),
      this.body,
      this.#trouble,
      this.#foot,
    );
    const wanted = { class: "kit-modal", labelledBy: id, onEscape: () => close(false) };
    this.opened = openDialog(wanted, this.#form);
    this.dialog = this.opened.dialog;
  }

  title(words, isStacked) {
    if (this.#title.textContent !== words) this.#title.textContent = words;
    this.#dismiss.setAttribute("aria-label", isStacked ? "Dismiss all" : "Dismiss");
  }

  /** The close button stands alone where nothing can be sent. */
  buttons(view) {
    const send = view.submit && plainOf(view.submit);
    const leave = plainOf(view.close) || (send ? "Cancel" : "");
    const words = JSON.stringify([send, leave, view.submit_disabled]);
    if (words === this.#words) return;
    this.#words = words;
    keepFocus(this.dialog, () => {
      const buttons = [];
      if (leave) buttons.push(part("close", "kit-button", () => this.#close(false), leave));
      if (send) buttons.push(sender(send, view.submit_disabled));
      this.#foot.replaceChildren(...buttons);
    });
    this.#foot.hidden = !leave;
  }

  trouble(sentence) {
    this.#trouble.textContent = sentence;
    this.#trouble.hidden = !sentence;
  }

  busy(name, isBusy) {
    const button = this.#form.querySelector(`[data-part=${name}]`);
    if (isBusy) button?.setAttribute("aria-busy", "true");
    else button?.removeAttribute("aria-busy");
  }
}

function part(name, look, onclick, words) {
  return h("button", { type: "button", class: look, dataset: { part: name }, onclick }, words);
}

function sender(words, disabled) {
  const look = "kit-button kit-button-primary";
  return h("button", { type: "submit", class: look, dataset: { part: "submit" }, disabled }, words);
}
