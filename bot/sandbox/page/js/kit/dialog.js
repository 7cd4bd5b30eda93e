/** The browser's own modal dialog: it holds the focus, and gives it back where it was. */

import { h } from "../dom.js";
import { describe, find } from "./focus.js";

/**
 * Open a dialog over the page.
 *
 * @param {{role?: string, class: string, labelledBy: string, describedBy?: string,
 *   onEscape: () => void, host?: HTMLElement}} wanted
 * @param {...unknown} children
 * @returns {{dialog: HTMLDialogElement, close: (fallback?: () => HTMLElement | null) => void}}
 */
export function openDialog(wanted, ...children) {
  const before = describe(document.activeElement);
  const dialog = h(
    "dialog",
    {
      class: wanted.class,
      role: wanted.role ?? "dialog",
      "aria-modal": "true",
      "aria-labelledby": wanted.labelledBy,
      "aria-describedby": wanted.describedBy,
      tabindex: "-1",
    },
    children,
  );
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.onEscape();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  (wanted.host ?? document.body).append(dialog);
  dialog.showModal();
  return { dialog, close: (fallback) => closed(dialog, before, fallback) };
}

function closed(dialog, before, fallback) {
  dialog.close();
  dialog.remove();
  (find(document, before) ?? fallback?.())?.focus();
}
