import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibration } from '../../../../src/analysis/evaluate/calibration.js';
import { measureGroups } from '../../../../src/analysis/evaluate/groups.js';
import { measure, type Sample } from '../../../../src/analysis/evaluate/metrics.js';
import { classTable, groupTable } from '../../../../src/analysis/evaluate/table.js';
import { wilsonInterval } from '../../../../src/analysis/wilson.js';

const near = (actual: number | null | undefined, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} ~ ${expected}`);

// statsmodels 0.13.5: proportion_confint(hits, n, 0.05, 'wilson')
for (const [hits, n, low, high] of [
  [0, 10, 0, 0.27753279986288926],
  [10, 10, 0.7224672001371106, 1],
  [1, 1, 0.2065493143772374, 1],
  [297, 380, 0.73733112701279, 0.8201907223921407],
  [1, 40_000_000, 4.413113887010203e-9, 1.4162334260551714e-7],
] as const) {
  test(`the interval for ${hits} of ${n} is Wilson's`, () => {
    const interval = wilsonInterval(hits, n);
    near(interval?.[0], low, 1e-12 * low + 1e-17);
    near(interval?.[1], high, 1e-12 * high);
  });
}

test('an interval of nothing is null', () => assert.equal(wilsonInterval(0, 0), null));

const samples = (...pairs: [number, number][]): Sample[] =>
  pairs.map(([truth, predicted]) => ({ truth, predicted }));

test('figures of a small case are those by hand', () => {
  const metrics = measure(samples([0, 0], [0, 0], [0, 1], [1, 1]), ['a', 'b', 'c']);
  assert.equal(metrics.n, 4);
  assert.equal(metrics.accuracy, 0.75);
  assert.deepEqual(metrics.confusion, [
    [2, 1, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  // Class c has no support: the mean is over a (2/3) and b (1).
  near(metrics.balancedAccuracy, 5 / 6);
  assert.equal(metrics.classes.a.precision, 1);
  near(metrics.classes.a.f1, 0.8);
  assert.equal(metrics.classes.b.precision, 0.5);
  near(metrics.classes.b.f1, 2 / 3);
  assert.deepEqual(metrics.classes.c, {
    ...{ precision: null, precisionInterval: null, recall: null, recallInterval: null },
    ...{ f1: null, support: 0, predicted: 0 },
  });
  assert.equal(metrics.calibration, null);
  assert.match(classTable(metrics), /^c +- +- +- +0 +0$/m);
});

test('a class that is never predicted has no precision, and F1 0', () => {
  const { precision, recall, f1 } = measure(samples([0, 1]), ['a', 'b']).classes.a;
  assert.deepEqual([precision, recall, f1], [null, 0, 0]);
});

test('no sample has no figures', () => {
  const metrics = measure([], ['a', 'b']);
  assert.equal(metrics.accuracy, null);
  assert.equal(metrics.balancedAccuracy, null);
  assert.doesNotMatch(JSON.stringify(metrics), /NaN/);
});

test('the expected calibration error of a small case is that by hand', () => {
  const result = calibration([
    // Bin 12 of 15, (0.8, 0.867]: accuracy 1/2, mean confidence 0.85, so 2/4 * 0.35.
    { confidence: 0.84, correct: true },
    { confidence: 0.86, correct: false },
    // Bin 14, up to 1: accuracy 1, confidence 1.
    { confidence: 1, correct: true },
    // An edge belongs to the bin below: (0.133, 0.2]; 1/4 * 0.2.
    { confidence: 0.2, correct: false },
  ]);
  near(result?.ece, 0.175 + 0.05);
  const filled = result?.bins.flatMap(({ count }, k) => (count > 0 ? [[k, count]] : []));
  assert.deepEqual(filled, [
    [2, 1],
    [12, 2],
    [14, 1],
  ]);
  assert.equal(result?.bins[0].accuracy, null);
});

test('confidence 0 lies in the first bin, and each edge in the bin that ends there', () => {
  for (let k = 0; k <= 15; k++) {
    const { bins } = calibration([{ confidence: k / 15, correct: true }]) ?? {};
    assert.equal(
      bins?.findIndex(({ count }) => count > 0),
      Math.max(k - 1, 0),
    );
  }
});

test('calibration is not given where a sample has no confidence', () => {
  const mixed = [
    { truth: 0, predicted: 0, confidence: 0.9 },
    { truth: 0, predicted: 0 },
  ];
  assert.equal(measure(mixed, ['a']).calibration, null);
  assert.notEqual(measure(mixed.slice(0, 1), ['a']).calibration, null);
});

test('the gap is between the best and the worst group that are not small', () => {
  // 40 of u, 36 right; 30 of v, 15 right; 2 of w, none right.
  const parts = [
    ['u', 36, 4],
    ['v', 15, 15],
    ['w', 0, 2],
  ] as const;
  const groupOf: string[] = [];
  const all: Sample[] = [];
  for (const [name, right, wrong] of parts) {
    for (let i = 0; i < right + wrong; i++) {
      groupOf.push(name);
      all.push({ truth: i % 2, predicted: i < right ? i % 2 : 1 - (i % 2) });
    }
  }
  const grouping = measureGroups(all, groupOf, ['a', 'b']);
  assert.deepEqual(
    Object.entries(grouping.groups).map(([name, { n, small }]) => [name, n, small]),
    [
      ['u', 40, false],
      ['v', 30, false],
      ['w', 2, true],
    ],
  );
  near(grouping.gaps.accuracy?.gap, 0.4);
  assert.equal(grouping.gaps.accuracy?.best, 'u');
  assert.equal(grouping.gaps.accuracy?.worst, 'v');
  const text = groupTable('gender', grouping);
  assert.match(text, /^w \* +2 +0\.000/m);
  assert.match(text, /fewer than 30/);
  assert.match(text, /gap in accuracy 0\.400: best u, worst v/);
  const alone = measureGroups(all.slice(0, 40), groupOf.slice(0, 40), ['a', 'b']);
  assert.deepEqual(alone.gaps, { accuracy: null, balancedAccuracy: null });
});
