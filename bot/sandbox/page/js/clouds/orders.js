/** The clouds' orders, and their state to be changed as somebody in a console would. */

import { changeOrder, getOrders, placeOrder } from "../api.js";
import { h } from "../dom.js";
import { follow } from "../keyed.js";

const STATES = [
  ["unpaid", "Unpaid"],
  ["paid", "Paid"],
  ["cancelled", "Cancelled"],
  ["unknown", "Unknown"],
];
const MOST = 60;

/**
 * @param {object} page see main.js
 * @param {(control: HTMLElement, work: () => Promise<unknown>) => Promise<boolean>} run
 */
export function createOrders({ store }, run) {
  const account = h("select", { class: "clouds-select", "aria-label": "Account", onchange: () => draw() });
  const state = h(
    "select",
    { class: "clouds-select", "aria-label": "Which orders", onchange: () => draw() },
    h("option", { value: "unpaid" }, "Unpaid"),
    h("option", { value: "" }, "All orders"),
  );
  const list = h("ul", { class: "orders" });
  const place = h(
    "button",
    { type: "button", class: "kit-button", onclick: () => run(place, () => placeOrder(account.value)) },
    "New order",
  );
  const element = h(
    "section",
    { class: "clouds-part", "aria-labelledby": "clouds-orders" },
    h("h3", { class: "clouds-head", id: "clouds-orders" }, "Orders"),
    h("div", { class: "clouds-row" }, account, state, place),
    list,
  );

  async function draw() {
    const name = account.value;
    if (!name) return;
    const orders = await getOrders(name);
    if (name !== account.value) return;
    const zone = store.state.shown.seen.me.tz;
    const wanted = orders.filter((each) => !state.value || each.payment_status === state.value);
    const items = wanted.slice(0, MOST).map((each) => orderItem(each, zone, run));
    if (!items.length) items.push(emptyItem(state.value));
    follow(list, items);
  }

  return {
    element,
    show({ accounts }) {
      const names = accounts.map((each) => each.name);
      if (names.join() !== [...account.options].map((each) => each.value).join()) {
        account.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
      }
      return draw();
    },
  };
}

function orderItem(order, zone, run) {
  const { order_id: id, payment_status: status } = order;
  const make = () => {
    const select = h(
      "select",
      {
        class: "clouds-select order-state",
        "aria-label": `State of order ${id}`,
        dataset: { part: `state-${id}`, status },
        onchange: async () => {
          const isDone = await run(select, () => changeOrder(id, { payment_status: select.value }));
          if (!isDone) select.value = status;
        },
      },
      STATES.map(([value, words]) => h("option", { value }, words)),
    );
    select.value = status;
    return h(
      "li",
      { class: "order" },
      h(
        "div",
        { class: "order-words" },
        h("span", { class: "order-id" }, id),
        h("span", { class: "order-about" }, `${amount(order)} · ${times(order, zone)}`),
      ),
      select,
    );
  };
  return { key: id, content: JSON.stringify([order, zone]), make };
}

function emptyItem(status) {
  const words = status ? "No order of this account is unpaid." : "This account has no orders.";
  return { key: "none", content: words, make: () => h("li", { class: "clouds-note" }, words) };
}

function amount({ payable, currency }) {
  const [whole, places = ""] = payable.split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return `${grouped}.${places.padEnd(2, "0")} ${currency}`;
}

function times({ created_at: made, deadline }, zone) {
  return deadline ? `pay by ${moment(deadline, zone)}` : `made ${moment(made, zone)}`;
}

function moment(iso, zone) {
  const style = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone };
  return new Intl.DateTimeFormat("en-GB", style).format(new Date(iso));
}
