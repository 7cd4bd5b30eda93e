/** What a newcomer may try, while nothing is typed: three commands that work right away. */

import { getClouds, getOrders } from "./api.js";
import { coalesced } from "./coalesced.js";
import { h } from "./dom.js";

const PAUSE = 1000; // milliseconds between looks at the clouds
const LARGE = 10_000; // from here on the demo's policy asks for two approvals
const SITE = "china"; // whose amounts are in CNY, as that policy's are
const PROVIDER = "alibaba";

/** @param {{run: (text: string) => unknown}} wanted */
export function createSuggestions({ run }) {
  const buttons = h("div", { class: "suggestions-list" });
  const element = h(
    "div",
    { class: "suggestions", role: "group", "aria-label": "Things to try", hidden: true },
    h("span", { class: "suggestions-words", "aria-hidden": "true" }, "Try"),
    buttons,
  );
  const accounts = [];
  const used = new Set();
  let order = null;
  let looked = "";
  let isEmpty = true;
  let canType = false;

  function draw() {
    element.hidden = !isEmpty || !canType;
    const cancel = order && `/order cancel ${order.order_id}`;
    const wanted = [
      ["/order", "/order", "an overview"],
      ["/order unpaid", "/order unpaid", "what waits to be paid"],
      order && [`${cancel} ${order.account}`, "Request a cancel", cancel],
    ].filter(Boolean);
    const key = JSON.stringify(wanted);
    if (buttons.dataset.key === key) return;
    buttons.dataset.key = key;
    buttons.replaceChildren(...wanted.map(([text, words, about]) => suggestion(text, words, about)));
  }

  function suggestion(text, words, about) {
    const click = () => {
      if (order && text.includes(order.order_id)) {
        used.add(order.order_id);
        order = null;
        lookAgain();
      }
      run(text);
      draw();
    };
    return h(
      "button",
      { type: "button", class: "suggestion", dataset: { part: words, command: text }, onclick: click },
      h("span", { class: "suggestion-words" }, words),
      h("span", { class: "suggestion-about" }, about),
    );
  }

  const lookAgain = coalesced(async () => {
    await look().catch(() => {
      looked = ""; // the next change is the next try
    });
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  });

  /** An unpaid order of an account whose orders the bot can cancel with one approval. */
  async function look() {
    if (!accounts.length) {
      const clouds = await getClouds();
      if (!accounts.length) accounts.push(...clouds.accounts);
    }
    const account = accounts.find((each) => each.provider === PROVIDER && each.site === SITE);
    if (!account) return;
    const orders = await getOrders(account.name);
    const found = orders.find(
      (each) =>
        each.payment_status === "unpaid" && Number(each.payable) < LARGE && !used.has(each.order_id),
    );
    order = found ? { ...found, account: account.name } : null;
    draw();
  }

  return {
    element,
    get accounts() {
      return accounts.map((each) => each.name);
    },
    /** @param {boolean} now whether nothing is typed */
    show(now) {
      isEmpty = now;
      draw();
    },
    /** Look at the clouds again where something has changed. @param {object} seen @param {boolean} can */
    follow(seen, can) {
      canType = can;
      draw();
      const version = JSON.stringify(seen.version);
      if (!can || version === looked) return;
      looked = version;
      lookAgain();
    },
  };
}
