/** Where the focus is, said so that it can be found again after a redraw. */

const MARKS = ["actionId", "blockId", "part", "option"];

/**
 * @param {Element | null} element
 * @returns {{element: Element, marks: Record<string, string>, ts: string | undefined,
 *   from?: number, to?: number} | null}
 */
export function describe(element) {
  if (!(element instanceof HTMLElement) || element === document.body) return null;
  const marks = Object.fromEntries(MARKS.map((name) => [name, element.dataset[name]]));
  const ts = element.closest("[data-ts]")?.dataset.ts;
  const { selectionStart: from, selectionEnd: to } = element;
  return { element, marks, ts, from, to };
}

/**
 * The element that was described, or the one that stands in its place now.
 *
 * @param {ParentNode} root
 * @param {ReturnType<typeof describe>} described
 * @returns {HTMLElement | null}
 */
export function find(root, described) {
  if (!described) return null;
  if (described.element.isConnected) return described.element;
  const { marks, ts } = described;
  if (!marks.actionId && !marks.part) return null;
  const alike = [...root.querySelectorAll("[data-action-id], [data-part]")].filter(
    (each) =>
      MARKS.every((name) => each.dataset[name] === marks[name]) &&
      each.closest("[data-ts]")?.dataset.ts === ts,
  );
  return alike[0] ?? null;
}

/**
 * Redraw a part of the page and leave the focus, and the caret, where they were.
 *
 * @param {ParentNode} root
 * @param {() => void} redraw
 */
export function keepFocus(root, redraw) {
  const active = document.activeElement;
  const before = active && root.contains(active) ? describe(active) : null;
  redraw();
  const now = find(root, before);
  if (!now || now === document.activeElement) return;
  now.focus({ preventScroll: true });
  if (typeof before.from === "number" && "setSelectionRange" in now) {
    now.setSelectionRange(before.from, before.to);
  }
}
