/** `static_select`, `users_select`, `conversations_select`: the browser's own list, which every
 * keyboard, phone and screen reader knows. */

import { h } from "../../dom.js";
import { choose, marks } from "../acting.js";
import { heldBy } from "../held.js";
import { plainOf } from "../text.js";

const CHOOSE = {
  static_select: "Choose an option",
  users_select: "Choose a person",
  conversations_select: "Choose a conversation",
};

/** @param {object} element @param {import("./index.js").Place} place @returns {HTMLElement} */
export function renderSelect(element, place) {
  const held = heldBy(place.block, element, place.context) ?? "";
  const hint = plainOf(element.placeholder) || CHOOSE[element.type];
  const select = h(
    "select",
    {
      ...place.naming(hint),
      class: "kit-select",
      dataset: marks(place.block, element),
      onchange: async () => {
        const before = shown;
        shown = select.value;
        if (!(await choose(select, place, shown || null))) shown = select.value = before;
      },
    },
    h("option", { value: "", disabled: !place.optional, hidden: !place.optional }, hint),
    offered(element, place.context),
  );
  select.value = held;
  let shown = held;
  return h("span", { class: "kit-control kit-select-box" }, select);
}

function offered(element, context) {
  if (element.type === "users_select") {
    return (context.people ?? [])
      .filter((person) => !person.deleted && !person.is_bot)
      .map((person) => h("option", { value: person.user_id }, person.real_name || person.name));
  }
  if (element.type === "conversations_select") {
    return (context.channels ?? []).map((channel) =>
      h(
        "option",
        { value: channel.channel_id },
        channel.kind === "dm" ? channel.name : `#${channel.name}`,
      ),
    );
  }
  const groups = (element.option_groups ?? []).map((group) =>
    h("optgroup", { label: plainOf(group.label) }, (group.options ?? []).map(option)),
  );
  return [...(element.options ?? []).map(option), ...groups];
}

function option(each) {
  return h("option", { value: each.value }, plainOf(each.text));
}
