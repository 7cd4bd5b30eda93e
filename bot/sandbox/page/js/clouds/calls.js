/** Calls that reached the clouds, as they come, the newest on top. */

import { h } from "../dom.js";
import { follow } from "../keyed.js";

/** @param {object} page see main.js */
export function createCalls({ store }) {
  const list = h("ol", { class: "calls" });
  const element = h(
    "section",
    { class: "clouds-part", "aria-labelledby": "clouds-calls" },
    h("h3", { class: "clouds-head", id: "clouds-calls" }, "Calls received"),
    list,
  );
  return {
    element,
    async show({ calls }) {
      const zone = store.state.shown.seen.me.tz;
      const seen = new Map();
      const items = calls.map((call) => callItem(call, zone, seen));
      if (!items.length) items.push(noneItem());
      follow(list, items);
    },
  };
}

function callItem(call, zone, seen) {
  const content = JSON.stringify([call, zone]);
  const before = seen.get(content) ?? 0;
  seen.set(content, before + 1);
  const { at, account, operation, order_id: orderId, outcome, effect } = call;
  const style = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone };
  const time = new Intl.DateTimeFormat("en-GB", style).format(new Date(at));
  const make = () =>
    h(
      "li",
      { class: effect ? "call call-effect" : "call" },
      h("span", { class: "call-time" }, time),
      h(
        "span",
        { class: "call-words" },
        h("strong", null, operation.replace("_", " ")),
        ` ${account || "unknown key"}`,
        orderId && h("span", { class: "order-id" }, ` ${orderId}`),
      ),
      h("span", { class: `call-outcome call-${outcome}` }, effect ? "changed it" : outcome),
    );
  return { key: `${content} ${before}`, content, make };
}

function noneItem() {
  const make = () => h("li", { class: "clouds-note" }, "None so far: type /order unpaid.");
  return { key: "none", content: "", make };
}
