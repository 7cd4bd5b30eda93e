/** Long texts of messages show their beginning, and the rest on demand, as Slack does. */

import { fragment, h } from "../../dom.js";

const CHARACTERS = 1000;
const LINES = 16;

/**
 * *text*, and where it is long a button that unfolds it.
 *
 * @param {HTMLElement} text
 * @param {import("../context.js").Context} context
 * @returns {DocumentFragment}
 */
export function folded(text, context) {
  const words = text.textContent;
  const long = words.length > CHARACTERS || words.split("\n").length > LINES;
  if (!long || context.surface !== "message") return fragment(text);
  text.classList.add("kit-folded");
  const button = h(
    "button",
    {
      type: "button",
      class: "kit-more",
      "aria-expanded": "false",
      onclick: () => {
        const isFolded = text.classList.toggle("kit-folded");
        button.setAttribute("aria-expanded", String(!isFolded));
        button.textContent = isFolded ? "See more" : "See less";
      },
    },
    "See more",
  );
  return fragment(text, button);
}
