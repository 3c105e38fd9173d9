/**
 * Temperature scaling: one number that makes the confidences of a classifier agree with the share that is right.
 * Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
 */
import { calibration } from './calibration.js';

/** Temperatures that are looked for, and that can be built into a network: others only say that something is wrong. */
export const TEMPERATURE_RANGE = { least: 0.01, most: 100 } as const;

/**
 * Smaller probabilities are taken for this one, of which the logarithm is finite: half of the last of the six
 * decimals that files of predictions have.
 */
export const PROBABILITY_FLOOR = 5e-7;

/** A prediction whose truth is known. */
export interface ScaledSample {
  /** Indices of classes. */
  readonly truth: number;
  readonly predicted: number;
  /** One a class, 0..1. */
  readonly probabilities: readonly number[];
}

/** A figure of the predictions as they are, and of the same with the temperature. */
export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

export interface TemperatureFit {
  readonly kind: 'fitted';
  /** Above 1 it lowers confidences, below 1 it raises them. */
  readonly temperature: number;
  /** Samples. */
  readonly n: number;
  /** How many of the n * classes probabilities lie below PROBABILITY_FLOOR. */
  readonly floored: number;
  /** Mean over the samples, in nats. */
  readonly negativeLogLikelihood: BeforeAfter;
  /** 0..1. */
  readonly expectedCalibrationError: BeforeAfter;
}

/**
 * Why there is no temperature in the range. `too_low`: the likelihood grows down to the end of the range, as where all
 * predictions are right. `too_high`: it grows up to the end, as where they are no better than chance.
 */
export interface NoTemperature {
  readonly kind: 'too_low' | 'too_high';
}

/**
 * The temperature T that minimises the negative log-likelihood of softmax(log p / T): log p are the logits but for a
 * constant a sample, which softmax does not see. With b = 1 / T this is the mean of log sum_k exp(b l_k) - b l_truth.
 * It is convex in b, for its second derivative is a variance; so the zero of the first, which is the mean of
 * (expectation of l under softmax(b l)) - l_truth, is the minimum. It is found by bisection.
 *
 * @param samples one or more
 */
export function fitTemperature(samples: readonly ScaledSample[]): TemperatureFit | NoTemperature {
  const logits = samples.map(({ probabilities }) =>
    probabilities.map((p) => Math.log(Math.max(p, PROBABILITY_FLOOR))),
  );
  const truths = samples.map(({ truth }) => truth);
  let coldest = 1 / TEMPERATURE_RANGE.least;
  let hottest = 1 / TEMPERATURE_RANGE.most;
  if (slope(logits, truths, coldest) <= 0) return { kind: 'too_low' };
  if (slope(logits, truths, hottest) >= 0) return { kind: 'too_high' };
  // Geometric, for the range spans decades. It ends where no number lies between the bounds.
  for (;;) {
    const middle = Math.sqrt(coldest * hottest);
    if (middle <= hottest || middle >= coldest) break;
    if (slope(logits, truths, middle) > 0) coldest = middle;
    else hottest = middle;
  }
  const temperature = 1 / hottest;
  return {
    kind: 'fitted',
    temperature,
    n: samples.length,
    floored: samples.flatMap(({ probabilities }) => probabilities).filter(isFloored).length,
    negativeLogLikelihood: {
      before: meanLoss(logits, truths, 1),
      after: meanLoss(logits, truths, hottest),
    },
    expectedCalibrationError: {
      before: errorOf(samples, ({ probabilities, predicted }) => probabilities[predicted]),
      after: errorOf(samples, ({ predicted }, i) => softmax(logits[i], hottest)[predicted]),
    },
  };
}

function isFloored(probability: number): boolean {
  return probability < PROBABILITY_FLOOR;
}

/** Derivative by b = 1 / T of the mean loss. */
function slope(logits: readonly number[][], truths: readonly number[], b: number): number {
  return mean(logits, (values, i) => {
    const shares = softmax(values, b);
    return values.reduce((sum, value, k) => sum + shares[k] * value, 0) - values[truths[i]];
  });
}

function meanLoss(logits: readonly number[][], truths: readonly number[], b: number): number {
  return mean(logits, (values, i) => -Math.log(softmax(values, b)[truths[i]]));
}

function softmax(logits: readonly number[], b: number): number[] {
  // Shifted by the largest, so that nothing overflows.
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(b * (logit - largest)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function mean<T>(items: readonly T[], value: (item: T, index: number) => number): number {
  return items.reduce((sum, item, i) => sum + value(item, i), 0) / items.length;
}

function errorOf(
  samples: readonly ScaledSample[],
  confidenceOf: (sample: ScaledSample, index: number) => number,
): number {
  const confident = samples.map((sample, i) => ({
    // Rounding must not lead above 1.
    confidence: Math.min(confidenceOf(sample, i), 1),
    correct: sample.truth === sample.predicted,
  }));
  return calibration(confident)?.ece ?? 0;
}
