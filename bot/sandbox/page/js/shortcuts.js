/** The menu of a message: a reply, and the app's message shortcuts. */

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { tiePopup } from "./kit/popup.js";

/**
 * @param {object} page see main.js
 * @param {import("./store.js").Shown} shown
 * @param {object} message
 * @param {(() => void) | false} reply
 * @returns {HTMLElement[]} the button and its menu
 */
export function createShortcuts(page, { place, seen }, message, reply) {
  const id = uid("shortcuts");
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-controls": id,
      title: "More actions",
      dataset: { part: "message-menu" },
    },
    icon("more"),
  );
  const item = (words, about, run) =>
    h(
      "button",
      {
        type: "button",
        class: "kit-menu-item",
        role: "menuitem",
        tabindex: "-1",
        onclick: () => {
          popup.close();
          button.focus();
          run();
        },
      },
      h("span", { class: "kit-menu-text" }, words),
      about && h("span", { class: "kit-menu-about" }, about),
    );
  const shortcut = ({ callback_id: callbackId, name }) =>
    item(name, "countersign", () => page.acts.shortcut(place.channel, message.ts, callbackId));
  const menu = h(
    "div",
    { id, class: "kit-menu", role: "menu", "aria-label": "More actions", dataset: { align: "right" } },
    reply && item("Reply in thread", "", reply),
    seen.app.shortcuts.map(shortcut),
  );
  const popup = tiePopup(button, menu);
  return [button, menu];
}
