/** Wilson's interval at any level, where `evaluate` has it at 95 %. */
import type { Interval } from '../wilson.js';

/**
 * The interval for a share of which `hits` of `n` were observed, or null where n is 0.
 * Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927):
 * (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
 *
 * @param level above 0 and below 1: 0.95 for the usual interval
 */
export function wilsonAt(hits: number, n: number, level: number): Interval | null {
  if (n === 0) return null;
  const z = normalQuantile((1 + level) / 2);
  const share = hits / n;
  const spread = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  const middle = share + z ** 2 / (2 * n);
  const scale = 1 + z ** 2 / n;
  // Rounding must not lead out of 0..1, where the formula itself reaches the ends.
  const low = hits === 0 ? 0 : (middle - spread) / scale;
  const high = hits === n ? 1 : (middle + spread) / scale;
  return [low, high];
}

/** Beyond, the series below has lost its digits: no level asked for in earnest reaches it. */
const FARTHEST = 8;

/** The standard normal distribution's quantile, by bisection; `probability` from 0.5 up to below 1. */
export function normalQuantile(probability: number): number {
  let low = 0;
  let high = FARTHEST;
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (normalBelow(middle) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** P(X < x), x from 0 on: Marsaglia, Evaluating the normal distribution, Journal of Statistical Software 11 (2004). */
function normalBelow(x: number): number {
  let sum = x;
  let term = x;
  for (let i = 3; term > Number.EPSILON * sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
