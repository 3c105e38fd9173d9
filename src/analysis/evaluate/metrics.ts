/** Figures of a classifier on labelled samples. What is not defined (0/0) is null. */

import { type Interval, wilsonInterval } from '../wilson.js';
import { type Calibration, calibration } from './calibration.js';

/** A prediction whose truth is known. */
export interface Sample {
  /** Indices of classes. */
  readonly truth: number;
  readonly predicted: number;
  /** Probability of the predicted class, 0..1, where it is known. */
  readonly confidence?: number;
}

/** Shares 0..1; intervals are Wilson's, 95 %. */
export interface ClassMetrics {
  readonly precision: number | null;
  readonly precisionInterval: Interval | null;
  readonly recall: number | null;
  readonly recallInterval: Interval | null;
  /** 2 hits / (support + predicted): the harmonic mean of precision and recall where both exist. */
  readonly f1: number | null;
  /** Samples that are of this class. */
  readonly support: number;
  /** Samples that were called so. */
  readonly predicted: number;
}

/** Figures of samples. */
export interface Metrics<C extends string = string> {
  /** Samples. */
  readonly n: number;
  readonly accuracy: number | null;
  readonly accuracyInterval: Interval | null;
  /** Mean recall over the classes with support. */
  readonly balancedAccuracy: number | null;
  readonly classes: Readonly<Record<C, ClassMetrics>>;
  /** Rows are the truth, columns the prediction, in the order of the classes. */
  readonly confusion: readonly (readonly number[])[];
  /** Null where a sample has no confidence. */
  readonly calibration: Calibration | null;
}

export function measure<C extends string>(
  samples: readonly Sample[],
  classNames: readonly C[],
): Metrics<C> {
  const confusion = classNames.map(() => classNames.map(() => 0));
  for (const { truth, predicted } of samples) confusion[truth][predicted] += 1;
  const each = classNames.map((_, k) =>
    classMetrics(confusion[k][k], sum(confusion[k]), sum(confusion.map((row) => row[k]))),
  );
  const classes = Object.fromEntries(classNames.map((name, k) => [name, each[k]]));
  const hits = sum(classNames.map((_, k) => confusion[k][k]));
  const recalls = each.flatMap(({ recall }) => (recall === null ? [] : [recall]));
  return {
    n: samples.length,
    accuracy: share(hits, samples.length),
    accuracyInterval: wilsonInterval(hits, samples.length),
    balancedAccuracy: share(sum(recalls), recalls.length),
    classes: classes as Record<C, ClassMetrics>,
    confusion,
    calibration: calibrationOf(samples),
  };
}

function classMetrics(hits: number, support: number, predicted: number): ClassMetrics {
  return {
    precision: share(hits, predicted),
    precisionInterval: wilsonInterval(hits, predicted),
    recall: share(hits, support),
    recallInterval: wilsonInterval(hits, support),
    f1: share(2 * hits, support + predicted),
    support,
    predicted,
  };
}

function calibrationOf(samples: readonly Sample[]): Calibration | null {
  const known = samples.flatMap(({ truth, predicted, confidence }) =>
    confidence === undefined ? [] : [{ confidence, correct: truth === predicted }],
  );
  return known.length === samples.length ? calibration(known) : null;
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
