/** A person's modals: the topmost of the stack, what is typed into each, sending and closing. */

import { filledIn, typedBefore, wantsFocus } from "./kit/form_values.js";
import { keepFocus, plainOf, renderBlock, showErrors } from "./kit/render.js";
import { Frame } from "./modal_frame.js";

const TROUBLE = "We had some trouble connecting. Try again?";
const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
const FIELDS = ".kit-input input, .kit-input select, .kit-input textarea, .kit-input button";

/**
 * @typedef {object} View a view of the workspace with its `errors`
 * @property {string} id
 * @property {object[]} blocks
 * @property {Record<string, string>} [errors]
 *
 * @typedef {{ok?: boolean, error?: string | null} | null | void} Outcome
 */

/**
 * @param {object} hands
 * @param {(view: View) => import("./kit/context.js").Context} hands.context surroundings; its `act`
 *   gets what is done in this view, one action after the other
 * @param {(view: View, values: Record<string, import("./kit/context.js").Held>) =>
 *   Promise<Outcome>} hands.submit by block id
 * @param {(view: View, options: {all: boolean}) => Promise<Outcome>} hands.close
 * @param {() => HTMLElement | null} [hands.fallbackFocus] where the focus goes if what opened the
 *   modal is gone
 * @returns {{show: (views: View[]) => void}} *show* takes the whole stack whenever it may have
 *   changed
 */
export function createModals(hands) {
  const stack = new Modals(hands);
  return { show: (views) => stack.show(views) };
}

class Modals {
  #hands;
  #frame = null; // what is drawn, null while no modal is open
  #view = null;
  #values = new Map(); // view id -> what is typed there
  #drawn = new Map(); // block as JSON -> its element
  #waiting = new Set();
  #sent = Promise.resolve();
  #busy = null; // "submit" or "close" while that is on its way
  #justSubmitted = false;

  constructor(hands) {
    this.#hands = hands;
  }

  show(views) {
    const top = views.at(-1);
    for (const id of this.#values.keys()) {
      if (!views.some((view) => view.id === id)) this.#values.delete(id);
    }
    if (!top) return this.#closed();
    const isOther = this.#view?.id !== top.id;
    this.#view = top;
    if (!this.#values.has(top.id)) this.#values.set(top.id, typedBefore(top));
    if (isOther) {
      this.#drawn.clear();
      this.#waiting.clear();
      this.#justSubmitted = false;
      this.#frame?.trouble("");
    }
    this.#frame ??= this.#opened();
    this.#frame.title(plainOf(top.title), views.length > 1);
    this.#frame.buttons(top);
    this.#draw(top, isOther);
  }

  #closed() {
    this.#frame?.opened.close(this.#hands.fallbackFocus);
    this.#frame = this.#view = null;
    this.#drawn.clear();
    this.#waiting.clear();
  }

  #opened() {
    return new Frame({
      submit: () => this.#submit(),
      close: (all) => this.#close(all),
    });
  }

  #draw(view, isOther) {
    const { body, dialog } = this.#frame;
    const context = this.#context();
    const before = this.#drawn;
    this.#drawn = new Map(
      view.blocks.map((block) => {
        const key = JSON.stringify(block);
        return [key, before.get(key) ?? renderBlock(block, context)];
      }),
    );
    const nodes = [...this.#drawn.values()];
    if (
      nodes.length !== body.children.length ||
      nodes.some((node, n) => node !== body.children[n])
    ) {
      keepFocus(dialog, () => body.replaceChildren(...nodes));
    }
    if (body.querySelector(FOCUSABLE)) body.removeAttribute("tabindex");
    else body.tabIndex = 0; // its text may have to be scrolled by keys
    const wrong = showErrors(body, view.errors ?? {});
    if (wrong) this.#frame.trouble("");
    if (wrong && this.#justSubmitted) {
      this.#justSubmitted = false;
      wrong.focus();
    } else if (isOther || !dialog.contains(document.activeElement)) {
      this.#focusFirst(view);
    }
  }

  #context() {
    const view = this.#view;
    const surroundings = this.#hands.context(view);
    return {
      ...surroundings,
      surface: "modal",
      values: this.#values.get(view.id),
      waiting: this.#waiting,
      act: (action) => this.#inTurn(() => surroundings.act(action)),
    };
  }

  /** What is done in a modal reaches the app in the order in which it was done. */
  #inTurn(run) {
    const done = this.#sent.then(run);
    this.#sent = done.catch(() => {});
    return done;
  }

  #focusFirst(view) {
    const { body, dialog } = this.#frame;
    const wanted = wantsFocus(view.blocks);
    const first = [...body.querySelectorAll("[data-action-id]")].find(
      ({ dataset }) => wanted && dataset.blockId === wanted[0] && dataset.actionId === wanted[1],
    );
    (first ?? body.querySelector(FIELDS) ?? dialog).focus();
  }

  async #submit() {
    const view = this.#view;
    const outcome = await this.#whileBusy("submit", () => {
      this.#justSubmitted = true;
      return this.#hands.submit(view, filledIn(view.blocks, this.#context()));
    });
    if (this.#view?.id !== view.id) return;
    const wrong = showErrors(this.#frame.body, this.#view.errors ?? {});
    if (wrong) wrong.focus();
    else if (outcome?.ok === false) this.#frame.trouble(TROUBLE);
  }

  async #close(all) {
    const view = this.#view;
    const outcome = await this.#whileBusy("close", () => this.#hands.close(view, { all }));
    if (outcome?.ok === false && this.#view?.id === view.id) this.#frame.trouble(TROUBLE);
  }

  /**
   * One thing at a time, after all that was typed has been told to the app. The end of a closed
   * form may still be on its way when the next one is sent: that waits its turn.
   */
  async #whileBusy(part, run) {
    if (this.#busy === "submit" || this.#busy === part) return null;
    this.#busy = part;
    this.#frame.trouble("");
    this.#frame.busy(part, true);
    try {
      for (const entry of [...this.#waiting]) entry.flush();
      return await this.#inTurn(run);
    } catch (error) {
      return { ok: false, error: error?.message };
    } finally {
      if (this.#busy === part) this.#busy = null;
      this.#frame?.busy(part, false);
    }
  }
}
