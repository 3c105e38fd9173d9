import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedPurity, thresholdOf } from '../../../../src/analysis/balance/purity.js';
import { Correction } from '../../../../src/analysis/composition/correction.js';
import { Random } from '../../../../src/analysis/composition/random.js';
import { assertNear } from '../../../support/near.js';
import { knownErrors } from '../composition/known.js';

const OPTIONS = { interval: 0.95, samples: 400, seed: 0, byDetection: false };
const range = (from: number, to: number, confusion: number[][]) => ({ from, to, confusion });
const BELOW = range(0, 0.8, [
  [10, 15],
  [8, 20],
]);
const ABOVE = range(0.8, 1, [
  [70, 5],
  [2, 70],
]);
const CONTENT = {
  confusion: [
    [80, 20],
    [10, 90],
  ],
  confusion_by_confidence: [BELOW, ABOVE],
};

test('the purity is that of Bayes by hand', () => {
  const known = knownErrors(CONTENT);
  const correction = new Correction(known, OPTIONS);
  // The shares are .5 and .5, see the test of the correction.
  const lists = [0, 1].map((label) => ({ label, taken: 100 }));
  const purity = (least: number) =>
    expectedPurity(correction, thresholdOf(known, least)!, [45, 55], lists, '');
  const [all, sure] = [purity(0), purity(0.8)];
  assertNear(all[0]![0], 0.8 / (0.8 + 0.1), 1e-9, 'first of all');
  assertNear(all[1]![0], 0.9 / (0.9 + 0.2), 1e-9, 'second of all');
  assertNear(sure[0]![0], 0.7 / (0.7 + 0.02), 1e-9, 'first of the sure');
  assertNear(sure[1]![0], 0.7 / (0.7 + 0.05), 1e-9, 'second of the sure');
  for (const [share, low, high] of [...all, ...sure] as [number, number, number][]) {
    assert.ok(0 <= low && low < share && share < high && high <= 1);
  }
});

test('a threshold between two bounds takes the lower one', () => {
  const known = knownErrors(CONTENT);
  assert.equal(thresholdOf(known, 0.79)!.from, 0);
  assert.equal(thresholdOf(known, 0.8)!.from, 0.8);
  assert.deepEqual(thresholdOf(known, 0.97), { from: 0.8, above: ABOVE.confusion });
  assert.deepEqual(thresholdOf(known, 0.5)!.above, CONTENT.confusion);
});

test('errors that are not known by confidence serve all faces, and no threshold', () => {
  const known = knownErrors({ confusion: CONTENT.confusion });
  assert.equal(thresholdOf(known, 0)!.above, known.confusion);
  assert.equal(thresholdOf(known, 0.5), null);
});

test('an empty list, and shares that are not corrected, have no purity', () => {
  const known = knownErrors(CONTENT);
  const threshold = thresholdOf(known, 0)!;
  const lists = [{ label: 0, taken: 0 }];
  const correction = new Correction(known, OPTIONS);
  assert.deepEqual(expectedPurity(correction, threshold, [45, 55], lists, ''), [null]);
  const chance = knownErrors({
    confusion: [
      [5, 5],
      [5, 5],
    ],
  });
  const refused = new Correction(chance, OPTIONS);
  const some = [{ label: 0, taken: 5 }];
  assert.deepEqual(expectedPurity(refused, thresholdOf(chance, 0)!, [4, 6], some, ''), [null]);
});

test('a shorter list has a wider interval', () => {
  const correction = new Correction(knownErrors(CONTENT), OPTIONS);
  const lists = [20, 2000].map((taken) => ({ label: 0, taken }));
  const threshold = thresholdOf(correction.known, 0.8)!;
  const [few, many] = expectedPurity(correction, threshold, [4500, 5500], lists, '');
  assert.ok(few![2] - few![1] > many![2] - many![1]);
});

/** Labelled faces and a list made from the same true errors: how often the interval holds the list's purity. */
test('intervals hold the true purity of 90 to 99 % of simulated lists', () => {
  const random = Random.stream(1, 'lists');
  // Of each true class, the shares labelled 0 and 1 below the threshold, then from it on.
  const truth = [
    [0.1, 0.12, 0.7, 0.08],
    [0.09, 0.16, 0.05, 0.7],
  ];
  const cells = (n: number, shares: number[]) => {
    const counts = [0, 0, 0, 0];
    for (let k = 0; k < n; k++) {
      let [u, cell] = [random.uniform(), 0];
      while (cell < 3 && u >= shares[cell]) u -= shares[cell++];
      counts[cell] += 1;
    }
    return counts;
  };
  let held = 0;
  const sets = 300;
  for (let set = 0; set < sets; set++) {
    const labelled = truth.map((shares) => cells(200, shares));
    const ranges = [0, 2].map((at) => labelled.map((row) => row.slice(at, at + 2)));
    const confusion = labelled.map(([a, b, c, d]) => [a + c, b + d]);
    const known = knownErrors({
      confusion,
      confusion_by_confidence: [range(0, 0.8, ranges[0]), range(0.8, 1, ranges[1])],
    });
    const faces = [cells(900, truth[0]), cells(300, truth[1])];
    const counts = [0, 1].map((k) => faces[0][k] + faces[0][k + 2] + faces[1][k] + faces[1][k + 2]);
    const right = faces[1][3];
    const taken = right + faces[0][3];
    const correction = new Correction(known, { ...OPTIONS, seed: set });
    const threshold = thresholdOf(known, 0.8)!;
    const [purity] = expectedPurity(correction, threshold, counts, [{ label: 1, taken }], '');
    if (purity![1] <= right / taken && right / taken <= purity![2]) held += 1;
  }
  assert.ok(held >= 0.9 * sets && held <= 0.995 * sets, `${held} of ${sets}`);
});
