/** On narrow screens sidebar and panels lie over the page: what lies beneath cannot be reached. */

const NARROW = matchMedia("(max-width: 760px)");

/** @returns {boolean} */
export function isNarrow() {
  return NARROW.matches;
}

/** @param {{store: ReturnType<import("./store.js").createStore>}} page */
export function createDrawers({ store }) {
  const sidebar = document.getElementById("sidebar");
  const main = document.getElementById("main");
  const backdrop = document.getElementById("backdrop");
  const opener = document.getElementById("open-sidebar");
  const close = () => store.set({ sidebarOpen: false });

  function lay({ sidebarOpen, cloudsOpen, shown }) {
    const isOpen = isNarrow() && sidebarOpen;
    sidebar.classList.toggle("sidebar-open", isOpen);
    sidebar.inert = isNarrow() && !sidebarOpen;
    main.inert = isNarrow() && (sidebarOpen || cloudsOpen || Boolean(shown?.place.thread));
    backdrop.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
  }

  opener.addEventListener("click", () => store.set({ sidebarOpen: true }));
  backdrop.addEventListener("click", close);
  sidebar.addEventListener("keydown", (event) => event.key === "Escape" && close());
  NARROW.addEventListener("change", () => lay(store.state));
  store.subscribe((state, before) => {
    lay(state);
    if (state.sidebarOpen === before.sidebarOpen || !isNarrow()) return;
    (state.sidebarOpen ? document.getElementById("act-as") : opener).focus();
  });
  lay(store.state);
}
