/** Known errors for tests. */
import {
  type KnownErrors,
  parseKnownErrors,
} from '../../../../src/analysis/composition/known-errors/known-errors.js';

export function knownErrors(content: {
  readonly confusion: readonly (readonly number[])[];
  readonly [key: string]: unknown;
}): KnownErrors {
  const names = content.confusion.map((_, i) => `Class ${i}`);
  return parseKnownErrors(
    Buffer.from(JSON.stringify({ class_names: names, ...content })),
    'f.json',
  );
}

/** Counts of a classifier of photographs, 3,623 labelled faces; rows are the truth. */
export const CONFUSION = [
  [568, 45, 31, 54],
  [75, 1088, 111, 74],
  [24, 96, 746, 49],
  [103, 67, 87, 405],
];
