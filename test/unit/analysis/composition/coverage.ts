/** How often intervals of corrected shares hold the true ones: data sets made with known shares and errors. */
import { Correction } from '../../../../src/analysis/composition/correction.js';
import { Random } from '../../../../src/analysis/composition/random.js';
import { CONFUSION, knownErrors } from './known.js';

export interface Simulation {
  /** Data sets. */
  readonly sets: number;
  /** Faces of each whose labels are predicted. */
  readonly faces: number;
  /** Labelled faces of each class. */
  readonly labelled: number;
  readonly samples: number;
  readonly seed: number;
  /** The true shares; null: drawn anew for each data set, evenly among those of at least 0.05. */
  readonly shares: readonly number[] | null;
}

export interface Coverage {
  /** Of all intervals, the share that holds the truth. */
  readonly covered: number;
  readonly coveredByClass: readonly number[];
  /** Mean width. */
  readonly width: number;
  /** Mean absolute error of the shares. */
  readonly error: number;
  readonly rawError: number;
}

const LEAST_SHARE = 0.05;
const TRUE_ERRORS = CONFUSION.map((row) => {
  const sum = row.reduce((total, count) => total + count, 0);
  return row.map((count) => count / sum);
});

export function simulate({ sets, faces, labelled, samples, seed, shares }: Simulation): Coverage {
  const random = Random.stream(seed, 'simulation');
  const classes = TRUE_ERRORS.length;
  const held = new Array<number>(classes).fill(0);
  let [width, error, rawError] = [0, 0, 0];
  for (let set = 0; set < sets; set++) {
    const truth = shares ?? drawShares(random, classes);
    const expected = TRUE_ERRORS.map((_, j) =>
      truth.reduce((sum, share, i) => sum + share * TRUE_ERRORS[i][j], 0),
    );
    const counts = multinomial(random, faces, expected);
    const confusion = TRUE_ERRORS.map((row) => multinomial(random, labelled, row));
    const options = { interval: 0.95, samples, seed: set, byDetection: false };
    const correction = new Correction(knownErrors({ confusion }), options);
    const estimates = correction.estimate(counts, '');
    if (estimates === null) throw new Error(`not corrected: ${correction.refusal}`);
    for (const [i, [share, low, high]] of estimates.entries()) {
      if (low <= truth[i] && truth[i] <= high) held[i] += 1;
      width += high - low;
      error += Math.abs(share - truth[i]);
      rawError += Math.abs(counts[i] / faces - truth[i]);
    }
  }
  const n = sets * classes;
  return {
    covered: held.reduce((sum, count) => sum + count, 0) / n,
    coveredByClass: held.map((count) => count / sets),
    width: width / n,
    error: error / n,
    rawError: rawError / n,
  };
}

function drawShares(random: Random, classes: number): number[] {
  const shares = new Float64Array(classes);
  do random.dirichlet(new Array(classes).fill(0), 1, shares);
  while (shares.some((share) => share < LEAST_SHARE));
  return [...shares];
}

function multinomial(random: Random, n: number, shares: readonly number[]): number[] {
  let [left, rest] = [n, 1];
  return shares.map((share, i) => {
    const isLast = i === shares.length - 1;
    const count = isLast ? left : random.binomial(left, Math.min(share / rest, 1));
    left -= count;
    rest -= share;
    return count;
  });
}
