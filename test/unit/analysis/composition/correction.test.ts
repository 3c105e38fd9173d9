import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Correction,
  type CorrectionOptions,
  percentiles,
} from '../../../../src/analysis/composition/correction.js';
import {
  GOOD_FOR_A_DRAW,
  LikelyShares,
} from '../../../../src/analysis/composition/likely-shares.js';
import { Random } from '../../../../src/analysis/composition/random.js';
import { jsonFixture } from '../../../support/fixture.js';
import { assertNear } from '../../../support/near.js';
import { CONFUSION, knownErrors } from './known.js';

const OPTIONS: CorrectionOptions = { interval: 0.95, samples: 500, seed: 0, byDetection: false };
const correction = (confusion: number[][], options: Partial<CorrectionOptions> = {}) =>
  new Correction(knownErrors({ confusion }), { ...OPTIONS, ...options });

function logLikelihood(confusion: number[][], counts: number[], shares: Float64Array): number {
  const rows = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  return counts.reduce((sum, count, j) => {
    const expected = confusion.reduce((p, row, i) => p + (shares[i] * row[j]) / rows[i], 0);
    return count === 0 ? sum : sum + count * Math.log(expected);
  }, 0);
}

for (const golden of jsonFixture('composition/golden.json').by_confusion) {
  test(`${golden.name}: shares are those of SciPy, and no less likely`, () => {
    const corrected = correction(golden.confusion);
    const shares = corrected.shares(golden.predicted_counts);
    if (golden.corrected_ml === null) {
      assert.equal(shares, null);
      assert.match(corrected.refusal ?? '', /singular/);
      assert.equal(corrected.estimate(golden.predicted_counts, ''), null);
      return;
    }
    assert.ok(shares !== null);
    for (const [i, share] of shares.entries()) {
      assertNear(share, golden.corrected_ml[i], 5e-4, `share ${i}`);
    }
    const least = golden.log_likelihood - 1e-7;
    const reached = logLikelihood(golden.confusion, golden.predicted_counts, shares);
    assert.ok(reached >= least, `${reached} is below ${least}`);
    const estimates = corrected.estimate(golden.predicted_counts, '') ?? [];
    for (const [i, [share, low, high]] of estimates.entries()) {
      assert.equal(share, shares[i]);
      assert.ok(0 <= low && low <= share && share <= high && high <= 1, `${low} ${share} ${high}`);
    }
  });
}

test('two classes are corrected as by hand, exactly', () => {
  // (.45 - .1) / (.8 - .1) = .5
  const shares = correction([
    [80, 20],
    [10, 90],
  ]).shares([45, 55]);
  assertNear(shares![0], 0.5, 1e-12, 'first');
});

test('on the edge the shares end at the corner, not near it', () => {
  const shares = correction(CONFUSION).shares([900, 60, 20, 20])!;
  assertNear(shares[0], 1, 1e-9, 'first');
});

test('no face gives no shares', () => {
  assert.equal(correction(CONFUSION).estimate([0, 0, 0, 0], ''), null);
});

test('one face gives shares that are hardly known', () => {
  const estimates = correction(CONFUSION).estimate([0, 0, 1, 0], '')!;
  const [share, low, high] = estimates[2];
  assertNear(share, 1, 1e-9, 'share');
  assert.ok(low < 0.2 && high === share, `${low} ${high}`);
});

test('perfect predictions keep their shares', () => {
  const shares = correction([
    [50, 0],
    [0, 50],
  ]).shares([10, 30]);
  assert.deepEqual([...shares!], [0.25, 0.75]);
});

test('an ill-conditioned matrix and a class without labelled faces are refused with the reason', () => {
  const near = correction([
    [505, 495],
    [495, 505],
  ]);
  assertNear(near.conditionNumber!, 100, 1e-6, 'at the bound');
  const worse = correction([
    [503, 497],
    [497, 503],
  ]);
  assert.match(worse.refusal ?? '', /condition number 167, above 100/);
  const empty = correction([
    [9, 1],
    [0, 0],
  ]);
  assert.equal(empty.refusal, 'the known errors have no labelled face of Class 1');
  assert.equal(empty.conditionNumber, null);
  assert.equal(empty.estimate([5, 5], ''), null);
});

test('fewer labelled faces give wider intervals', () => {
  const width = (confusion: number[][]) => {
    const [, low, high] = correction(confusion).estimate([400, 300, 200, 100], '')![0];
    return high - low;
  };
  const few = CONFUSION.map((row) => row.map((count) => Math.round(count / 20)));
  assert.ok(width(few) > 1.5 * width(CONFUSION), `${width(few)} ${width(CONFUSION)}`);
});

test('draws repeat by seed and group, whatever was estimated before', () => {
  const counts = [40, 30, 20, 10];
  const one = correction(CONFUSION);
  const first = one.estimate(counts, 'a');
  one.estimate([1, 2, 3, 4], 'b');
  assert.deepEqual(one.estimate(counts, 'a'), first);
  assert.notDeepEqual(one.estimate(counts, 'b'), first);
  assert.notDeepEqual(correction(CONFUSION, { seed: 1 }).estimate(counts, 'a'), first);
});

test('a higher level gives intervals that hold those of a lower one', () => {
  const at = (interval: number) => correction(CONFUSION, { interval }).estimate([4, 3, 2, 1], '')!;
  const [wide, narrow] = [at(0.99), at(0.8)];
  for (const [i, [, low, high]] of narrow.entries()) {
    assert.ok(wide[i][1] <= low && high <= wide[i][2]);
  }
});

test('shares are divided by the share of photographs in which a face was found', () => {
  const content = {
    confusion: [
      [1_000_000, 0],
      [0, 1_000_000],
    ],
    detection: { 'Class 0': [900_000, 1_000_000], 'Class 1': [450_000, 1_000_000] },
  };
  const known = knownErrors(content);
  const options = { ...OPTIONS, byDetection: true };
  // .5 / .9 and .5 / .45 are as 1 to 2.
  const [first] = new Correction(known, options).estimate([500_000, 500_000], '')!;
  assertNear(first[0], 1 / 3, 1e-12, 'share');
  assert.ok(first[2] - first[1] < 0.01, 'narrow');
  const without = knownErrors({ ...content, detection: { 'Class 0': [9, 10] } });
  assert.throws(() => new Correction(without, options), /--correct_detection: .*Class 1/);
});

test('more draws than memory holds are refused with what is possible', () => {
  const draws = () => correction(CONFUSION, { samples: 10_000_000 });
  assert.throws(draws, /--samples: .* Give at most 1048576\./);
});

test('percentiles lie between neighbours as NumPy has them', () => {
  // numpy.percentile([0, 1, 2, 3, 10], [10, 90]) is [0.4, 7.2].
  const [low, high] = percentiles(Float64Array.of(10, 3, 1, 2, 0), 0.8);
  assertNear(low, 0.4, 1e-12, 'low');
  assertNear(high, 7.2, 1e-12, 'high');
});

test('shares of random problems, on the edge too, can be made no more likely by moving to any class', () => {
  const random = Random.stream(0, 'problems');
  const likely = new LikelyShares(4);
  const errors = new Float64Array(16);
  const predicted = new Float64Array(4);
  let edges = 0;
  for (let problem = 0; problem < 2000; problem++) {
    for (let i = 0; i < 4; i++) {
      const row = [0, 1, 2, 3].map((j) => (i === j ? 4 : 0));
      random.dirichlet(row, 0.5, errors, 4 * i);
    }
    random.dirichlet([0, 0, 0, 0], 0.5, predicted);
    const shares = new Float64Array(4).fill(0.25);
    likely.solve(predicted, errors, null, 0, shares, GOOD_FOR_A_DRAW);
    if (shares.includes(0)) edges += 1;
    assertNear(
      shares.reduce((sum, share) => sum + share, 0),
      1,
      1e-12,
      'sum',
    );
    for (let i = 0; i < 4; i++) {
      // The derivative of the mean log-likelihood towards class i, which is 1 where it cannot gain.
      let gain = 0;
      for (let j = 0; j < 4; j++) {
        const expected = [0, 1, 2, 3].reduce((sum, k) => sum + shares[k] * errors[4 * k + j], 0);
        gain += (predicted[j] * errors[4 * i + j]) / expected;
      }
      assert.ok(gain < 1 + 1e-4, `problem ${problem}, class ${i}: ${gain}`);
    }
  }
  assert.ok(edges > 500, String(edges));
});
