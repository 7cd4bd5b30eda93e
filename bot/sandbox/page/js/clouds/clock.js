/** The clock of the bot and of the orders. It only moves forward. */

import { moveClock } from "../api.js";
import { h } from "../dom.js";
import { clockOf } from "../store.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const MORNING = 9 * HOUR; // when digests are posted
const TICK = 1000; // milliseconds

/**
 * @param {object} page see main.js
 * @param {(control: HTMLElement, work: () => Promise<unknown>) => Promise<boolean>} run
 */
export function createClock({ store }, run) {
  const time = h("p", { class: "clock" });
  const move = (words, seconds) => {
    const button = h(
      "button",
      { type: "button", class: "kit-button", onclick: () => run(button, () => moveClock(seconds())) },
      words,
    );
    return button;
  };
  const element = h(
    "section",
    { class: "clouds-part", "aria-labelledby": "clouds-clock" },
    h("h3", { class: "clouds-head", id: "clouds-clock" }, "Clock"),
    time,
    h(
      "div",
      { class: "clouds-row" },
      move("+1 h", () => HOUR),
      move("+8 h", () => 8 * HOUR),
      move("Tomorrow 09:00", () => untilMorning(clockOf(store.state.shown), zone())),
    ),
    h("p", { class: "clouds-note" }, "For the bot's jobs and the orders' age. Messages keep the real time."),
  );
  const zone = () => store.state.shown.seen.me.tz;
  const draw = () => {
    if (!store.state.cloudsOpen || !store.state.shown) return;
    time.textContent = shownTime(clockOf(store.state.shown), zone());
  };
  setInterval(draw, TICK);
  return { element, show: async () => draw() };
}

/**
 * Seconds until nine in the morning of the next day in *zone*.
 *
 * @param {Date} now
 * @param {string} zone
 * @returns {number}
 */
export function untilMorning(now, zone) {
  const guess = DAY - sinceMidnight(now, zone) + MORNING;
  // A day of 23 or 25 hours may lie between.
  const there = sinceMidnight(new Date(now.getTime() + guess * 1000), zone);
  return guess + MORNING - there;
}

function sinceMidnight(moment, zone) {
  const style = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
  const parts = new Intl.DateTimeFormat("en-GB", style).formatToParts(moment);
  const { hour, minute, second } = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  return hour * HOUR + minute * 60 + second;
}

function shownTime(moment, zone) {
  const day = { weekday: "short", day: "numeric", month: "short" };
  const style = { ...day, hour: "2-digit", minute: "2-digit", timeZone: zone };
  return `${new Intl.DateTimeFormat("en-GB", style).format(moment)} · ${zone.replace("_", " ")}`;
}
