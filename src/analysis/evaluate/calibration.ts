/** How far confidence can be taken for the probability of being right. */

/** The samples whose confidence is in one range. */
export interface CalibrationBin {
  /** Confidences above `from` and up to `to` (in the first bin, 0 too). */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** How many of them are right. */
  readonly correct: number;
  /** Share that is right; null in an empty bin. */
  readonly accuracy: number | null;
  /** Mean confidence; null in an empty bin. */
  readonly confidence: number | null;
}

/** How confidence compares with the share that is right. */
export interface Calibration {
  /** Expected calibration error, 0..1. */
  readonly ece: number;
  readonly bins: readonly CalibrationBin[];
}

/** As in the experiments of the paper cited below. */
const BIN_COUNT = 15;

/**
 * Bins of equal width over the confidence, and the expected calibration error
 * ECE = sum over bins of |B|/n * |accuracy(B) - confidence(B)|:
 * Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, ICML 2017, equation 3.
 *
 * @param samples confidence 0..1 of the predicted class, and whether it is the true one
 * @returns null where there are none
 */
export function calibration(
  samples: readonly { readonly confidence: number; readonly correct: boolean }[],
): Calibration | null {
  if (samples.length === 0) return null;
  const count = new Array<number>(BIN_COUNT).fill(0);
  const correct = new Array<number>(BIN_COUNT).fill(0);
  const sum = new Array<number>(BIN_COUNT).fill(0);
  for (const sample of samples) {
    const bin = Math.max(Math.ceil(sample.confidence * BIN_COUNT) - 1, 0);
    count[bin] += 1;
    sum[bin] += sample.confidence;
    if (sample.correct) correct[bin] += 1;
  }
  const bins = count.map((n, bin) => ({
    from: bin / BIN_COUNT,
    to: (bin + 1) / BIN_COUNT,
    count: n,
    correct: correct[bin],
    accuracy: n === 0 ? null : correct[bin] / n,
    confidence: n === 0 ? null : sum[bin] / n,
  }));
  const gaps = count.map((_, bin) => Math.abs(correct[bin] - sum[bin]));
  return { ece: gaps.reduce((total, gap) => total + gap, 0) / samples.length, bins };
}
