/** What may go wrong at the clouds, switched on for the next calls. */

import { addFault, clearFaults } from "../api.js";
import { h } from "../dom.js";

const KINDS = [
  ["slow", "answers slowly"],
  ["drop_before", "drops the line before acting"],
  ["drop_after", "drops the line after acting"],
  ["throttle", "says: too many calls"],
  ["error_500", "fails (500)"],
  ["garbage", "answers garbage"],
  ["wrong_order", "answers with another order"],
  ["lie", "says done, does nothing"],
  ["clock_skew", "has a wrong clock"],
];
const OPERATIONS = [
  ["list_orders", "listing orders"],
  ["get_order", "reading an order"],
  ["cancel_order", "cancelling an order"],
  ["list_products", "listing products"],
  ["token", "asking for a token"],
];

/**
 * @param {(control: HTMLElement, work: () => Promise<unknown>) => Promise<boolean>} run
 */
export function createFaults(run) {
  const kind = select("What happens", KINDS);
  const account = select("Account", [["", "any account"]]);
  const operation = select("Operation", [["", "any call"], ...OPERATIONS]);
  const times = number("Times (0 = until cleared)", { min: "0", step: "1", value: "1" });
  const seconds = number("Seconds (empty = usual)", { step: "1", value: "" });
  kind.input.value = "drop_after";
  operation.input.value = "cancel_order";
  const button = h("button", { type: "submit", class: "kit-button" }, "Switch on");
  const list = h("ul", { class: "faults" });
  const clear = h(
    "button",
    { type: "button", class: "kit-button", hidden: true, onclick: () => run(clear, clearFaults) },
    "Clear all faults",
  );
  const form = h(
    "form",
    {
      class: "fault-form",
      onsubmit: (event) => {
        event.preventDefault();
        run(button, () => addFault(wanted()));
      },
    },
    [kind, operation, account, times, seconds].map((each) => each.element),
    button,
  );
  const element = h(
    "section",
    { class: "clouds-part", "aria-labelledby": "clouds-faults" },
    h("h3", { class: "clouds-head", id: "clouds-faults" }, "Faults"),
    form,
    list,
    clear,
  );

  function wanted() {
    const fault = { kind: kind.input.value, times: Number(times.input.value || 1) };
    if (account.input.value) fault.account = account.input.value;
    if (operation.input.value) fault.operation = operation.input.value;
    if (seconds.input.value) fault.seconds = Number(seconds.input.value);
    return fault;
  }

  return {
    element,
    async show({ accounts, faults }) {
      const names = accounts.map((each) => each.name);
      const drawn = [...account.input.options].slice(1).map((each) => each.value);
      if (names.join() !== drawn.join()) {
        account.input.append(...names.map((name) => h("option", { value: name }, name)));
      }
      list.replaceChildren(...faults.map((fault) => h("li", { class: "fault" }, words(fault))));
      clear.hidden = !faults.length;
    },
  };
}

function words({ kind, account, operation, seconds, times }) {
  const what = KINDS.find(([name]) => name === kind)?.[1] ?? kind;
  const when = OPERATIONS.find(([name]) => name === operation)?.[1] ?? "any call";
  const span = seconds === null ? "" : `, ${seconds} s`;
  const often = times === 0 ? "until cleared" : times === 1 ? "once" : `${times} times`;
  return `${account ?? "Any account"} ${what} at ${when}${span}: ${often}`;
}

function select(label, options) {
  const choices = options.map(([value, text]) => h("option", { value }, text));
  return field(label, h("select", { class: "clouds-select" }, choices));
}

function number(label, props) {
  return field(label, h("input", { type: "number", class: "kit-input-text", ...props }));
}

function field(label, input) {
  const words = h("span", { class: "fault-label" }, label);
  return { input, element: h("label", { class: "fault-field" }, words, input) };
}
