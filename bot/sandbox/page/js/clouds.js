/** The panel behind the scenes: the clock, the bot, the clouds' orders, faults and calls. */

import { getClouds, restartBot } from "./api.js";
import { createCalls } from "./clouds/calls.js";
import { createClock } from "./clouds/clock.js";
import { createFaults } from "./clouds/faults.js";
import { createOrders } from "./clouds/orders.js";
import { coalesced } from "./coalesced.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./toast.js";

/** @param {object} page see main.js */
export function createClouds(page) {
  const { store, go } = page;
  const panel = document.getElementById("clouds");
  const opener = document.getElementById("open-clouds");
  const run = runner(page, () => look());
  const parts = [
    createClock(page, run),
    createBot(run),
    createOrders(page, run),
    createFaults(run),
    createCalls(page),
  ];
  const look = coalesced(async () => {
    try {
      const clouds = await getClouds();
      for (const part of parts) await part.show?.(clouds);
    } catch {
      // Nobody answers: the page itself says so.
    }
  });
  const closer = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close the clouds", onclick: () => toggle(false) },
    icon("close"),
  );
  panel.append(
    h(
      "header",
      { class: "panel-head" },
      h(
        "div",
        { class: "place-words" },
        h("h2", { class: "panel-title" }, "Clouds"),
        h("p", { class: "panel-about" }, "Behind the scenes: what the bot talks to, and what may go wrong."),
      ),
      closer,
    ),
    h("div", { class: "clouds-body" }, parts.map((part) => part.element)),
  );
  opener.append(icon("cloud"), h("span", null, "Clouds"));
  opener.hidden = false;
  opener.addEventListener("click", () => toggle(!store.state.cloudsOpen));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) toggle(false);
  });

  function toggle(isOpen) {
    if (isOpen && store.state.place.thread) go({ thread: "" });
    store.set({ cloudsOpen: isOpen });
    if (isOpen) closer.focus();
    else opener.focus();
  }

  store.subscribe((state, before) => {
    if (state.cloudsOpen !== before.cloudsOpen) {
      panel.hidden = !state.cloudsOpen;
      opener.setAttribute("aria-expanded", String(state.cloudsOpen));
    }
    const isNew = state.shown !== before.shown || state.cloudsOpen !== before.cloudsOpen;
    if (state.cloudsOpen && state.shown && isNew) look();
  });
}

/** Runs what a button of the panel does: busy meanwhile, looked at afterwards, said if it failed. */
function runner({ refresh }, look) {
  return async (control, work) => {
    if (control.getAttribute("aria-busy") === "true") return false;
    control.setAttribute("aria-busy", "true");
    try {
      await work();
      return true;
    } catch (error) {
      toast(error.message);
      return false;
    } finally {
      control.removeAttribute("aria-busy");
      refresh();
      look();
    }
  };
}

function createBot(run) {
  const done = h("p", { class: "clouds-note", role: "status" });
  const restart = async () => {
    done.textContent = "The bot is stopping…";
    const isBack = await run(button, restartBot);
    done.textContent = isBack ? "The bot is back. Cards from before work as they did." : "";
  };
  const button = h("button", { type: "button", class: "kit-button", onclick: restart }, "Restart the bot");
  const element = h(
    "section",
    { class: "clouds-part", "aria-labelledby": "clouds-bot" },
    h("h3", { class: "clouds-head", id: "clouds-bot" }, "Bot"),
    h("div", { class: "clouds-row" }, button, done),
  );
  return { element };
}
