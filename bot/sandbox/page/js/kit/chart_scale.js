/** The scale of an axis: from and to round numbers, zero always on it. */

const STEPS = 4;

/**
 * @param {number[]} values
 * @returns {{low: number, high: number, ticks: number[]}}
 */
export function scaleFor(values) {
  const finite = values.filter(Number.isFinite);
  const [least, most] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const step = niceStep((most - least) / STEPS || 1);
  const [from, to] = [Math.floor(least / step), Math.ceil(most / step) || 1];
  const ticks = Array.from({ length: to - from + 1 }, (_each, n) =>
    Number(((from + n) * step).toPrecision(12)),
  );
  return { low: ticks[0], high: ticks.at(-1), ticks };
}

/** 1, 2 or 5 times a power of ten, not below *rough*. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10) * power;
}
