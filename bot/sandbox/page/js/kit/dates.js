/** `<!date^…>` in the reader's own zone. Source: "Formatting message text", date formatting. */

const DAY = 86_400_000;
const LANGUAGE = "en-US";
const TOKEN =
  /\{(date_num|date_short_pretty|date_long_pretty|date_pretty|date_short|date_long|date|time_secs|time|ago)\}/g;
const STYLES = {
  date: { month: "long", day: "numeric", year: "numeric" },
  date_short: { month: "short", day: "numeric", year: "numeric" },
  date_long: { weekday: "long", month: "long", day: "numeric", year: "numeric" },
};
const TIME = { hour: "numeric", minute: "2-digit" };
const SPANS = [
  ["year", 365 * 86_400], ["month", 30 * 86_400], ["day", 86_400], ["hour", 3_600], ["minute", 60],
];

/**
 * A moment as *format* wants it, its first letter a capital as Slack writes it; null where the
 * moment or the format says nothing, and the fallback has to do.
 *
 * @param {number} seconds since 1970
 * @param {string} format with tokens such as `{date_short_pretty} {time}`
 * @param {{zone?: string, now: Date}} reader
 * @returns {string | null}
 */
export function formatDate(seconds, format, { zone, now }) {
  const at = new Date(seconds * 1000);
  if (!Number.isFinite(seconds) || Number.isNaN(at.getTime()) || format.search(TOKEN) < 0) return null;
  const shown = format.replace(TOKEN, (_whole, token) => part(token, at, zone, now));
  return shown.charAt(0).toUpperCase() + shown.slice(1);
}

/**
 * A moment in full, for a tooltip.
 *
 * @param {number} seconds since 1970
 * @param {string | undefined} zone
 * @returns {string}
 */
export function fullDate(seconds, zone) {
  return written(new Date(seconds * 1000), zone, {
    ...STYLES.date_long, ...TIME, timeZoneName: "short",
  });
}

function part(token, at, zone, now) {
  if (token === "ago") return ago(at, now);
  if (token === "date_num") return dayOf(at, zone);
  if (token === "time") return written(at, zone, TIME);
  if (token === "time_secs") return written(at, zone, { ...TIME, second: "2-digit" });
  if (token.endsWith("_pretty")) {
    const name = nearDay(at, zone, now);
    if (name) return name;
  }
  const style = token.replace("_pretty", "");
  return style === "date_short"
    ? written(at, zone, STYLES.date_short)
    : ordinal(at, zone, STYLES[style]);
}

/** `February 18th, 2014`. */
function ordinal(at, zone, style) {
  return formatter(zone, style)
    .formatToParts(at)
    .map(({ type, value }) => (type === "day" ? `${value}${suffix(Number(value))}` : value))
    .join("");
}

function suffix(day) {
  if (day >= 11 && day <= 13) return "th";
  return { 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th";
}

function nearDay(at, zone, now) {
  const days = (Date.parse(dayOf(at, zone)) - Date.parse(dayOf(now, zone))) / DAY;
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

/** The calendar day as YYYY-MM-DD. */
function dayOf(at, zone) {
  const style = { year: "numeric", month: "2-digit", day: "2-digit" };
  const parts = Object.fromEntries(
    formatter(zone, style).formatToParts(at).map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}`;
}

function ago(at, now) {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const words = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "always" });
  for (const [unit, length] of SPANS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}

function written(at, zone, style) {
  // Some ICU versions put a narrow no-break space before AM and PM.
  return formatter(zone, style).format(at).replaceAll("\u202f", " ");
}

const formatters = new Map();

function formatter(zone, style) {
  const key = `${zone ?? ""} ${JSON.stringify(style)}`;
  if (!formatters.has(key)) formatters.set(key, made(zone, style));
  return formatters.get(key);
}

/** A zone that the browser does not know gives way to its own. */
function made(zone, style) {
  try {
    return new Intl.DateTimeFormat(LANGUAGE, { ...style, timeZone: zone || undefined });
  } catch {
    return new Intl.DateTimeFormat(LANGUAGE, style);
  }
}
