/** Which classes are taken for which, for sure and less sure predictions apart. */
import type { Sample } from './metrics.js';

/** Where bands of confidence begin and end: narrower towards 1, where most predictions are. */
const BOUNDS = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

/** The samples whose confidence is in one range. */
export interface ConfidenceBand {
  /** Confidences from `from` on and below `to`; the last band holds 1 too. */
  readonly from: number;
  readonly to: number;
  /** Rows are the truth, columns the prediction, in the order of the classes. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * The confusion matrix, taken apart by confidence: the bands add up to it.
 *
 * @param classes how many there are
 * @returns null where a sample has no confidence
 */
export function confusionByConfidence(
  samples: readonly Sample[],
  classes: number,
): ConfidenceBand[] | null {
  const none = () => Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const bands = BOUNDS.slice(1).map((to, band) => ({ from: BOUNDS[band], to, confusion: none() }));
  for (const { truth, predicted, confidence } of samples) {
    if (confidence === undefined) return null;
    const band = bands.findLast(({ from }) => confidence >= from) ?? bands[0];
    band.confusion[truth][predicted] += 1;
  }
  return bands;
}
