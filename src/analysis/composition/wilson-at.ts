/** Wilson's interval at any level, where `evaluate` has it at 95 %. */
import { type Interval, wilsonInterval } from '../wilson.js';

/** @param level above 0 and below 1: 0.95 for the usual interval */
export function wilsonAt(hits: number, n: number, level: number): Interval | null {
  return wilsonInterval(hits, n, normalQuantile((1 + level) / 2));
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
