/** Bounds of an interval within 0..1. */
export type Interval = readonly [low: number, high: number];

/** The 97.5 % quantile of the standard normal distribution: intervals cover 95 %. */
const Z = 1.959963984540054;

/**
 * The interval for a share of which `hits` of `n` were observed, or null where n is 0; 95 % unless told.
 * Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927):
 * (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
 *
 * @param z the standard normal quantile of the upper bound
 */
export function wilsonInterval(hits: number, n: number, z = Z): Interval | null {
  if (n === 0) return null;
  const share = hits / n;
  const spread = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  const middle = share + z ** 2 / (2 * n);
  const scale = 1 + z ** 2 / n;
  // Rounding must not lead out of 0..1, where the formula itself reaches the ends.
  const low = hits === 0 ? 0 : (middle - spread) / scale;
  const high = hits === n ? 1 : (middle + spread) / scale;
  return [low, high];
}
