/** How many of the faces of a list are truly of its class, as far as the known errors tell. */
import { type Correction, type Estimate, percentiles } from '../composition/correction.js';
import type { KnownErrors } from '../composition/known-errors/known-errors.js';
import { Random } from '../composition/random.js';

/** As in the correction of shares. */
const PRIOR = 0.5;

/** Of the labelled faces of each true class (rows), those given each label (columns). */
type Counts = readonly (readonly number[])[];

export interface Threshold {
  /** The bound that is used: the one asked for, or the next below it. */
  readonly from: number;
  /** Of the labelled faces, those whose confidence is from `from` on. */
  readonly above: Counts;
}

/**
 * The known errors of labels of at least this confidence. Between two bounds the next lower one is taken: purity is
 * then rather too low than too high.
 *
 * @param minConfidence 0..1
 * @returns null where the errors are not known by confidence, and some faces are left out for it
 */
export function thresholdOf(known: KnownErrors, minConfidence: number): Threshold | null {
  if (minConfidence === 0) return { from: 0, above: known.confusion };
  const ranges = known.byConfidence;
  if (ranges === null) return null;
  const first = ranges.findLastIndex(({ from }) => from <= minConfidence);
  const above = known.confusion.map((row, i) =>
    row.map((_, j) => ranges.slice(first).reduce((sum, { confusion }) => sum + confusion[i][j], 0)),
  );
  return { from: ranges[first].from, above };
}

export interface List {
  /** Index of the class. */
  readonly label: number;
  /** Faces. */
  readonly taken: number;
}

/**
 * The expected share of a list of class c that is truly of c, by the theorem of Bayes:
 *
 *   P(true c | label c, confidence >= t) = pi_c a_cc / sum_i pi_i a_ic
 *
 * where pi are the corrected shares of all faces from which the list is drawn, and
 * a_ic = P(label c, confidence >= t | true i) is, of the labelled faces of class i, the share that was labelled c
 * with at least that confidence.
 *
 * The interval is for the share of this very list, since a short one may by chance be better or worse than
 * expected. Each draw takes pi and the errors P_ic as the correction does; the part of them that is above the
 * threshold from a beta distribution of (those above + 0.5, those below + 0.5); and from the purity that follows, and
 * the length of the list, a binomial number of true ones. Of these shares the percentiles, widened where needed to
 * hold the estimate.
 *
 * @param counts labels of all faces of the group, of any confidence
 * @param stream a name for the draws: the group's
 * @returns one a list; null where shares are not corrected, the list is empty, or no labelled face has such a label
 */
export function expectedPurity(
  correction: Correction,
  { from, above }: Threshold,
  counts: ArrayLike<number>,
  lists: readonly List[],
  stream: string,
): readonly (Estimate | null)[] {
  const shares = correction.shares(counts);
  if (shares === null) return lists.map(() => null);
  const { known, options } = correction;
  const size = known.classNames.length;
  const rows = known.confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const drawn = lists.map(() => new Float64Array(options.samples));
  const random = Random.stream(options.seed, `purity ${stream}`);
  const hits = new Float64Array(size);
  correction.draw(counts, stream, (sample, drawnShares, errors, at) => {
    for (const [k, { label, taken }] of lists.entries()) {
      for (let i = 0; i < size; i++) {
        const passed = above[i][label];
        const failed = known.confusion[i][label] - passed;
        // Where no face is left out there is nothing to draw.
        const part = from === 0 ? 1 : random.beta(passed + PRIOR, failed + PRIOR);
        hits[i] = drawnShares[i] * errors[at + i * size + label] * part;
      }
      const purity = hits[label] / hits.reduce((sum, value) => sum + value, 0);
      drawn[k][sample] = taken === 0 ? 0 : random.binomial(taken, clipped(purity)) / taken;
    }
  });
  return lists.map(({ label, taken }, k) => {
    const right = (shares[label] * above[label][label]) / rows[label];
    const all = shares.reduce((sum, share, i) => sum + (share * above[i][label]) / rows[i], 0);
    if (taken === 0 || all === 0) return null;
    const purity = right / all;
    const [low, high] = percentiles(drawn[k], options.interval);
    return [purity, Math.min(low, purity), Math.max(high, purity)] as const;
  });
}

/** Not a number where no class has a share that gives such labels: then none of them is right. */
function clipped(purity: number): number {
  return Number.isNaN(purity) ? 0 : Math.min(purity, 1);
}
