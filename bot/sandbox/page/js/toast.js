/** Sentences about what went wrong: said at once to screen readers, and shown for a while. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN = 8000; // milliseconds
const MOST = 3;

/** @param {string} sentence */
export function toast(sentence) {
  const place = document.getElementById("toasts");
  const remove = () => shown.remove();
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close this message", onclick: remove },
    icon("close"),
  );
  const shown = h("div", { class: "toast" }, h("p", null, sentence), close);
  place.append(shown);
  while (place.children.length > MOST) place.firstElementChild.remove();
  setTimeout(remove, SHOWN);
}
