/** A list on the page that follows a list of values and touches only what changed. */

import { keepFocus } from "./kit/focus.js";

const drawnFrom = new WeakMap();

/**
 * @typedef {object} Item
 * @property {string} key its identity in the list
 * @property {string} content all that its drawing depends on: the same text, the same drawing
 * @property {() => HTMLElement} make
 *
 * Make the children of *parent* those of *items*, in order. A child whose content is the same stays
 * the very element it was, with its focus, its open menus and what was typed into it.
 *
 * @param {HTMLElement} parent
 * @param {Item[]} items
 */
export function follow(parent, items) {
  keepFocus(parent, () => {
    const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
    const keys = new Set(items.map((item) => item.key));
    for (const [key, node] of old) if (!keys.has(key)) node.remove();
    let at = parent.firstElementChild;
    for (const item of items) {
      const before = old.get(item.key);
      const node = before && drawnFrom.get(before) === item.content ? before : made(item);
      if (before && node !== before) {
        before.replaceWith(node);
        if (at === before) at = node;
      }
      if (node === at) at = at.nextElementSibling;
      else parent.insertBefore(node, at);
    }
  });
}

function made({ key, content, make }) {
  const node = make();
  node.dataset.key = key;
  drawnFrom.set(node, content);
  return node;
}
