/** The words of `/order`, for completion. The bot reads what is typed; here it is only offered. */

const VERBS = [
  ["unpaid", "everything unpaid, what lapses first on top"],
  ["list", "orders of all accounts, newest first"],
  ["show", "one order, read now: show ID [account]"],
  ["cancel", "ask to cancel an order: cancel ID [account]"],
  ["inbox", "waiting for me, mine, done"],
  ["history", "what happened to an order: history ID"],
  ["why", "who may decide a request: why REQUEST"],
  ["products", "the product list: products [account] [text]"],
  ["digest", "this channel's daily digest"],
  ["export", "a CSV or JSON lines file, to you only"],
  ["accounts", "accounts you may view"],
  ["help", "what can be typed, with examples"],
];
const FILTERS = [
  ["account:", "one account"],
  ["provider:", "alibaba, huawei or unicloud"],
  ["status:", "unpaid, paid, cancelled or unknown"],
  ["since:", "from then on: 7d, 12h, 2w or a date"],
  ["until:", "up to then: 7d or a date"],
  ["older:", "at least that old: 3d"],
  ["over:", "more than this amount: 5000"],
  ["product:", "a product's code: ecs"],
  ["type:", "new, renewal, upgrade, …"],
];
const FORMAT = ["format:", "csv or jsonl"];
const VALUES = {
  "provider:": ["alibaba", "huawei", "unicloud"],
  "status:": ["unpaid", "paid", "cancelled", "unknown"],
  "since:": ["24h", "7d", "30d", "90d"],
  "until:": ["24h", "7d", "30d"],
  "older:": ["3d", "7d", "30d"],
  "over:": ["1000", "5000", "10000"],
  "product:": ["ecs", "rds", "oss"],
  "type:": ["new", "renewal", "upgrade", "downgrade", "refund"],
  "format:": ["csv", "jsonl"],
};
const DIGEST = [
  ["on", "post it here each morning: on 09:00 days:mon-fri"],
  ["off", "no more"],
  ["now", "post it at once"],
  ["time", "when: time 08:30"],
  ["days", "on which days: days mon-fri"],
  ["zone", "in which zone: zone Europe/Berlin"],
];
const FILTERED = { list: FILTERS, unpaid: FILTERS, export: [...FILTERS, FORMAT] };
const MOST = 12;

/**
 * What the text may go on with.
 *
 * @param {string} text from its beginning to the caret
 * @param {{commands: string[], accounts: string[]}} known
 * @returns {{text: string, word: string, about: string}[]} `text` is the whole text once chosen
 */
export function completions(text, { commands, accounts }) {
  if (!text.startsWith("/")) return [];
  const words = text.split(/\s+/);
  const last = words.at(-1);
  const before = text.slice(0, text.length - last.length);
  return offered(words, { commands, accounts })
    .filter(([word]) => word.toLowerCase().startsWith(last.toLowerCase()) && word !== last)
    .slice(0, MOST)
    .map(([word, about]) => ({ text: `${before}${word}${word.endsWith(":") ? "" : " "}`, word, about }));
}

function offered(words, { commands, accounts }) {
  if (words.length === 1) return commands.map((word) => [word, "orders: look up, cancel, digest"]);
  if (!commands.includes(words[0])) return [];
  const verb = words[1].toLowerCase();
  if (words.length === 2) return VERBS;
  const named = accounts.map((name) => [name, "account"]);
  if (verb === "digest") return words.length === 3 ? DIGEST : filtered(words, FILTERS, accounts);
  if (verb === "products") return words.length === 3 ? named : [];
  if (verb === "show" || verb === "cancel" || verb === "history") return words.length === 4 ? named : [];
  return Object.hasOwn(FILTERED, verb) ? filtered(words, FILTERED[verb], accounts) : [];
}

/** Filters that are not there yet, or the values of the one that is being typed. */
function filtered(words, filters, accounts) {
  const name = `${words.at(-1).split(":", 1)[0].toLowerCase()}:`;
  if (words.at(-1).includes(":")) {
    const values = name === "account:" ? accounts : (VALUES[name] ?? []);
    return values.map((value) => [`${name}${value}`, ""]);
  }
  return filters.filter(([each]) => !words.some((word) => word.toLowerCase().startsWith(each)));
}
