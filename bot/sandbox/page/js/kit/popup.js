/** A list that opens at a button: in the top layer, closed by a click elsewhere, walked by keys. */

const GAP = 4; // pixels between button and list, and to the window's edge

/**
 * Tie *panel* to *anchor*. Both have to stand in the page side by side.
 *
 * @param {HTMLElement} anchor a button; says through `aria-expanded` whether the list is open
 * @param {HTMLElement} panel its items are its children that can take the focus
 * @param {{onOpen?: () => void, onClose?: () => void}} [told]
 * @returns {{close: () => void}}
 */
export function tiePopup(anchor, panel, { onOpen, onClose } = {}) {
  panel.popover = "auto";
  anchor.popoverTargetElement = panel;
  anchor.setAttribute("aria-expanded", "false");
  const close = () => panel.matches(":popover-open") && panel.hidePopover();
  const follow = (event) => {
    if (event.target instanceof Node && panel.contains(event.target)) return;
    if (isInSight(anchor)) place(anchor, panel);
    else close();
  };
  panel.addEventListener("beforetoggle", (event) => {
    const opens = event.newState === "open";
    anchor.setAttribute("aria-expanded", String(opens));
    const listen = opens ? window.addEventListener : window.removeEventListener;
    listen.call(window, "scroll", follow, true);
    listen.call(window, "resize", follow);
    if (!opens) return onClose?.();
    onOpen?.();
    requestAnimationFrame(() => {
      place(anchor, panel);
      start(panel)?.focus({ preventScroll: true });
    });
  });
  anchor.addEventListener("keydown", (event) => {
    const isOpen = panel.matches(":popover-open");
    if (event.key === "Escape" && isOpen) {
      close();
      event.stopPropagation();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !isOpen) {
      panel.showPopover();
    } else {
      return;
    }
    event.preventDefault();
  });
  panel.addEventListener("keydown", (event) => walk(event, anchor, panel, close));
  return { close };
}

function walk(event, anchor, panel, close) {
  const items = itemsOf(panel);
  const at = items.indexOf(document.activeElement);
  const to = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at + items.length - 1) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (to !== undefined) {
    items[to].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    close();
    anchor.focus();
    if (event.key === "Tab") return;
  } else if (event.key.length === 1 && event.key !== " ") {
    spell(event.key, items, at);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** The next item that begins with a letter. */
function spell(letter, items, at) {
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  const begins = (item) => item.textContent.trim().toLowerCase().startsWith(letter.toLowerCase());
  after.find(begins)?.focus();
}

function start(panel) {
  return itemsOf(panel).find((item) => item.ariaSelected === "true") ?? itemsOf(panel)[0];
}

function itemsOf(panel) {
  return [...panel.querySelectorAll("[role=menuitem], [role=option]")];
}

function isInSight(anchor) {
  const { top, bottom } = anchor.getBoundingClientRect();
  return anchor.isConnected && bottom > 0 && top < window.innerHeight;
}

/** Below the button where there is room, else above it; never beyond the window. */
function place(anchor, panel) {
  const from = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = from.bottom + GAP;
  const fits = below + height + GAP <= window.innerHeight;
  const top = fits ? below : Math.max(GAP, from.top - GAP - height);
  const right = panel.dataset.align === "right" ? from.right - width : from.left;
  const left = Math.min(Math.max(GAP, right), Math.max(GAP, window.innerWidth - width - GAP));
  panel.style.setProperty("top", `${top}px`);
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("min-width", `${Math.min(from.width, window.innerWidth - 2 * GAP)}px`);
}
