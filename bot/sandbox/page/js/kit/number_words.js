/** Numbers as people read them. */

const WORDS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** `12,480.5` @param {number} value @returns {string} */
export function inFull(value) {
  return WORDS.format(value);
}

/** `12.5K`, for axes. @param {number} value @returns {string} */
export function inShort(value) {
  return SHORT.format(value);
}
