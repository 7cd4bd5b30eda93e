/** The switch between the people of the demo. */

import { h } from "./dom.js";

// What each of them is to the story, in its order.
const ROLES = new Map([
  ["U0ALICE", "requester"],
  ["U0BOB", "approver"],
  ["U0CHEN", "finance"],
  ["U0GUEST", "guest"],
  ["U0GONE", "deactivated"],
  ["U0STRANGER", "other company"],
]);

/**
 * @param {{go: (changes: object) => void}} page
 * @returns {{element: HTMLElement, show: (seen: object) => void}}
 */
export function createActAs({ go }) {
  const select = h("select", {
    id: "act-as",
    class: "act-as",
    "aria-label": "Act as",
    onchange: () => go({ me: select.value }),
  });
  const element = h(
    "div",
    { class: "act-as-box" },
    h("span", { class: "act-as-words", "aria-hidden": "true" }, "Act as"),
    select,
  );
  let drawn = "";

  function show({ people, me }) {
    const listed = people.filter((each) => ROLES.has(each.user_id) || each.user_id === me.user_id);
    const order = [...ROLES.keys()];
    listed.sort((one, other) => order.indexOf(one.user_id) - order.indexOf(other.user_id));
    const words = listed.map((each) => [each.user_id, wordsOf(each)]);
    if (JSON.stringify(words) !== drawn) {
      drawn = JSON.stringify(words);
      select.replaceChildren(...words.map(([value, text]) => h("option", { value }, text)));
    }
    select.value = me.user_id;
  }

  return { element, show };
}

function wordsOf({ user_id: userId, real_name: name, deleted }) {
  const role = deleted ? "deactivated" : ROLES.get(userId);
  // Some are called what they are.
  return role && !name.toLowerCase().includes(role) ? `${name} · ${role}` : name;
}
