/** Shares of the true classes, from the counts of the predicted ones and the known errors, with intervals. */
import { UserError } from '../../files/errors.js';
import { integer } from '../../files/text/plural.js';
import type { Interval } from '../wilson.js';
import type { Detection, KnownErrors } from './known-errors/known-errors.js';
import { EXACT, GOOD_FOR_A_DRAW, LikelyShares } from './likely-shares.js';
import { conditionNumber, invert } from './matrix.js';
import { Random } from './random.js';

/** Within 0..1; the share lies in its interval. */
export type Estimate = readonly [share: number, low: number, high: number];

export interface CorrectionOptions {
  /** Part of the draws that an interval holds, above 0 and below 1. */
  readonly interval: number;
  /** Draws, from 100 on. */
  readonly samples: number;
  /** 0 .. 2^32 - 1. */
  readonly seed: number;
  /** Whether shares are divided by the share of the photographs of the class in which a face was found. */
  readonly byDetection: boolean;
}

/** Half a face a class and cell: the prior of Jeffreys for two classes. */
const PRIOR = 0.5;
/** Above, errors of a few labelled faces become large errors of the shares. */
export const DOUBTFUL_CONDITION = 10;
/** Above, shares are not corrected. */
const HOPELESS_CONDITION = 100;
/** Numbers that the draws of the errors may take: 256 MiB. */
const MOST_NUMBERS = 2 ** 25;

/**
 * The draws of the errors are made once and serve all groups, whose errors are the same; those of the predicted
 * labels are made for each group from a stream of its own, so that no group's result depends on the others.
 */
export class Correction {
  readonly known: KnownErrors;
  readonly options: CorrectionOptions;
  /** Of the matrix of shares, 2-norm; null where it is singular or a class has no labelled face. */
  readonly conditionNumber: number | null;
  /** Why shares are not corrected; null where they are. */
  readonly refusal: string | null;
  private readonly size: number;
  private readonly errors: Float64Array;
  private readonly inverse: Float64Array;
  private readonly drawnErrors: Float64Array;
  private readonly drawnInverses: Float64Array;
  private readonly drawnDetection: Float64Array;
  private readonly likely: LikelyShares;

  /** @throws UserError where detection is to be corrected for and is not known of every class */
  constructor(known: KnownErrors, options: CorrectionOptions) {
    const size = known.classNames.length;
    this.known = known;
    this.options = options;
    this.size = size;
    if (options.byDetection) checkDetection(known);
    this.errors = rowShares(known.confusion);
    const condition = conditionNumber(this.errors, size);
    const emptyClass = known.confusion.findIndex((row) => row.every((count) => count === 0));
    this.conditionNumber = emptyClass < 0 && Number.isFinite(condition) ? condition : null;
    this.refusal = refusalOf(known, emptyClass, condition);
    this.likely = new LikelyShares(size);
    const samples = this.refusal === null ? options.samples : 0;
    if (2 * samples * size * size > MOST_NUMBERS) {
      const most = Math.floor(MOST_NUMBERS / (2 * size * size));
      throw new UserError(
        `--samples: ${samples} is too many for ${size} classes. Give at most ${most}.`,
      );
    }
    this.inverse = new Float64Array(size * size);
    this.drawnErrors = new Float64Array(samples * size * size);
    this.drawnInverses = new Float64Array(samples * size * size);
    this.drawnDetection = new Float64Array(samples * size);
    if (this.refusal === null) this.prepare();
  }

  /**
   * @param counts of the predicted classes
   * @param stream a name for the draws: the group's
   * @returns null where shares are not corrected, or there is no face
   */
  estimate(counts: ArrayLike<number>, stream: string): readonly Estimate[] | null {
    const shares = this.shares(counts);
    if (shares === null) return null;
    const { size, options } = this;
    const drawn = Array.from({ length: size }, () => new Float64Array(options.samples));
    const detection = new Float64Array(size);
    this.draw(counts, stream, (sample, draw) => {
      if (options.byDetection) {
        detection.set(this.drawnDetection.subarray(sample * size, (sample + 1) * size));
        divide(draw, detection);
      }
      for (let i = 0; i < size; i++) drawn[i][sample] = draw[i];
    });
    if (options.byDetection) divide(shares, Float64Array.from(this.known.detection!, rateOf));
    return Array.from(shares, (share, i) => {
      const [low, high] = percentiles(drawn[i], options.interval);
      return [share, Math.min(low, share), Math.max(high, share)] as const;
    });
  }

  /** The most likely shares themselves, of the faces that were found; null where `estimate` is. */
  shares(counts: ArrayLike<number>): Float64Array | null {
    if (this.refusal !== null) return null;
    const predicted = Float64Array.from(counts);
    const n = predicted.reduce((sum, count) => sum + count, 0);
    if (n === 0) return null;
    const shares = new Float64Array(this.size).fill(1 / this.size);
    for (let j = 0; j < predicted.length; j++) predicted[j] /= n;
    this.likely.solve(predicted, this.errors, this.inverse, 0, shares, EXACT);
    return shares;
  }

  /**
   * Calls `visit` with the shares that each draw gives, of the faces that were found.
   *
   * @param visit may change the shares; `errors` has the draw's matrix from `at` on, rows the truth
   */
  draw(
    counts: ArrayLike<number>,
    stream: string,
    visit: (sample: number, shares: Float64Array, errors: Float64Array, at: number) => void,
  ): void {
    const start = this.shares(counts);
    if (start === null) return;
    const { size, options, drawnErrors, drawnInverses } = this;
    // Expectation-maximisation never leaves 0.
    for (let i = 0; i < size; i++) start[i] = (start[i] + 0.1 / size) / 1.1;
    const random = Random.stream(options.seed, `labels ${stream}`);
    const predicted = new Float64Array(size);
    const shares = new Float64Array(size);
    for (let sample = 0; sample < options.samples; sample++) {
      const at = sample * size * size;
      random.dirichlet(counts, PRIOR, predicted);
      shares.set(start);
      this.likely.solve(predicted, drawnErrors, drawnInverses, at, shares, GOOD_FOR_A_DRAW);
      visit(sample, shares, drawnErrors, at);
    }
  }

  private prepare(): void {
    const { size, options, known, drawnErrors, drawnInverses } = this;
    invert(this.errors.slice(), size, this.inverse);
    const random = Random.stream(options.seed, 'errors');
    for (let sample = 0; sample < options.samples; sample++) {
      const at = sample * size * size;
      for (const [i, row] of known.confusion.entries()) {
        random.dirichlet(row, PRIOR, drawnErrors, at + i * size);
      }
      const matrix = drawnErrors.slice(at, at + size * size);
      // NaN is on no simplex: such a draw is solved by expectation-maximisation.
      if (!invert(matrix, size, drawnInverses, at)) {
        drawnInverses.fill(Number.NaN, at, at + size * size);
      }
    }
    if (!options.byDetection) return;
    const detected = Random.stream(options.seed, 'detection');
    for (let sample = 0; sample < options.samples; sample++) {
      for (const [i, detection] of known.detection!.entries()) {
        const [withFace, photographs] = detection!;
        const rate = detected.beta(withFace + PRIOR, photographs - withFace + PRIOR);
        this.drawnDetection[sample * size + i] = rate;
      }
    }
  }
}

/**
 * The interval that holds the part `level` of the values, as much of the rest below it as above, by linear
 * interpolation between neighbours (Hyndman and Fan 1996, type 7).
 *
 * @param values at least one; sorted in place
 */
export function percentiles(values: Float64Array, level: number): Interval {
  values.sort();
  const at = (share: number) => {
    const place = share * (values.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, values.length - 1);
    return values[below] + (place - below) * (values[above] - values[below]);
  };
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

function refusalOf(known: KnownErrors, emptyClass: number, condition: number): string | null {
  if (emptyClass >= 0) {
    return `the known errors have no labelled face of ${known.classNames[emptyClass]}`;
  }
  if (condition <= HOPELESS_CONDITION) return null;
  const number = Number.isFinite(condition) ? integer(Math.round(condition)) : '';
  return number === ''
    ? 'the known errors do not tell the classes apart: their matrix is singular'
    : `the known errors hardly tell the classes apart: their matrix has the condition number ${number}, above ${HOPELESS_CONDITION}`;
}

function checkDetection({ file, classNames, detection }: KnownErrors): void {
  const unknown = classNames.filter((_, i) => !((detection?.[i]?.[0] ?? 0) > 0));
  if (unknown.length === 0) return;
  throw new UserError(
    `--correct_detection: ${file} has no photograph with a face in its \`detection\` of ${unknown.join(', ')}. Give known errors that do, or leave the option out.`,
  );
}

function rateOf(detection: Detection | null): number {
  const [withFace, photographs] = detection!;
  return withFace / photographs;
}

/** Shares per rate, made to sum to 1 again. */
function divide(shares: Float64Array, rates: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    shares[i] /= rates[i];
    sum += shares[i];
  }
  for (let i = 0; i < shares.length; i++) shares[i] /= sum;
}

function rowShares(counts: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(
    counts.flatMap((row) => {
      const sum = row.reduce((total, count) => total + count, 0);
      return row.map((count) => (sum === 0 ? 0 : count / sum));
    }),
  );
}
