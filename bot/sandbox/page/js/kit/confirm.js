/** "Are you sure?", as an element's `confirm` words it. */

import { h, uid } from "../dom.js";
import { openDialog } from "./dialog.js";
import { plainOf, renderText } from "./text.js";

/**
 * @param {{title: object, text: object, confirm: object, deny: object,
 *   style?: "primary" | "danger"}} confirm
 * @param {import("./context.js").Context} context
 * @returns {Promise<boolean>} whether the person said yes
 */
export function askConfirm(confirm, context) {
  return new Promise((resolve) => {
    const [title, text] = [uid("confirm"), uid("confirm")];
    const answer = (yes) => {
      opened.close();
      resolve(yes);
    };
    const style = confirm.style === "danger" ? "danger" : "primary";
    const yes = h(
      "button",
      { type: "button", class: `kit-button kit-button-${style}`, onclick: () => answer(true) },
      plainOf(confirm.confirm),
    );
    const no = h(
      "button",
      { type: "button", class: "kit-button", onclick: () => answer(false) },
      plainOf(confirm.deny),
    );
    const opened = openDialog(
      {
        role: "alertdialog",
        class: "kit-confirm",
        labelledBy: title,
        describedBy: text,
        onEscape: () => answer(false),
      },
      h("h2", { id: title, class: "kit-confirm-title" }, plainOf(confirm.title)),
      h("div", { id: text, class: "kit-confirm-text kit-text" }, renderText(confirm.text, context)),
      h("div", { class: "kit-confirm-buttons" }, no, yes),
    );
    yes.focus();
  });
}
