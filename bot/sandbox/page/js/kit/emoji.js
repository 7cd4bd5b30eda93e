/** The short names of emoji that apps of this kind write; others stay as they were written. */

const EMOJI = new Map(
  Object.entries({
    "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_right: "➡️", bell: "🔔", bulb: "💡",
    calendar: "📆", chart_with_downwards_trend: "📉", chart_with_upwards_trend: "📈", clock1: "🕐",
    cloud: "☁️", credit_card: "💳", date: "📅", eyes: "👀", fire: "🔥", hourglass: "⌛",
    hourglass_flowing_sand: "⏳", inbox_tray: "📥", information_source: "ℹ️", key: "🔑",
    large_green_circle: "🟢", link: "🔗", lock: "🔒", mag: "🔍", memo: "📝", moneybag: "💰",
    no_entry: "⛔", octagonal_sign: "🛑", package: "📦", pushpin: "📌", question: "❓",
    raised_hands: "🙌", red_circle: "🔴", rocket: "🚀", rotating_light: "🚨", smile: "😄",
    sparkles: "✨", star: "⭐", stopwatch: "⏱️", tada: "🎉", thumbsdown: "👎", thumbsup: "👍",
    warning: "⚠️", wastebasket: "🗑️", wave: "👋", white_check_mark: "✅", x: "❌", zap: "⚡",
  }),
);

/** @param {string} name without colons @returns {string | null} */
export function emojiNamed(name) {
  return EMOJI.get(name) ?? null;
}

/** *text* with `:name:` of known emoji replaced. @param {string} text @returns {string} */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI.get(name) ?? whole);
}
