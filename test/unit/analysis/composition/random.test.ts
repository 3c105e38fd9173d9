import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/analysis/composition/random.js';
import { assertNear } from '../../../support/near.js';

const MANY = 100_000;

/** Mean and variance of what `draw` gives. */
function moments(draw: () => number): [mean: number, variance: number] {
  const values = Array.from({ length: MANY }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / MANY;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / MANY];
}

test('the generator gives the published numbers of xoshiro128**', () => {
  // From the state 1, 2, 3, 4: the authors' C code, compiled with gcc.
  const random = new Random(Int32Array.of(1, 2, 3, 4));
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
    4258142804,
  ];
  assert.deepEqual(
    expected.map(() => random.next()),
    expected,
  );
});

test('streams repeat by seed and name, and differ between either', () => {
  const draw = (seed: number, name: string) => Random.stream(seed, name).uniform();
  assert.equal(draw(3, 'a'), draw(3, 'a'));
  assert.notEqual(draw(3, 'a'), draw(4, 'a'));
  assert.notEqual(draw(3, 'a'), draw(3, 'b'));
});

test('uniform numbers fill 0 to 1 evenly', () => {
  const random = Random.stream(0, 'uniform');
  const bins = new Array<number>(10).fill(0);
  for (let i = 0; i < MANY; i++) bins[Math.floor(10 * random.uniform())] += 1;
  const expected = MANY / 10;
  const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 99.9 % quantile of chi-square with 9 degrees of freedom.
  assert.ok(chiSquare < 27.88, String(chiSquare));
});

test('gamma numbers have the mean and the variance of their shape', () => {
  for (const shape of [0.5, 1, 3.5, 400]) {
    const random = Random.stream(1, `gamma ${shape}`);
    const [mean, variance] = moments(() => random.gamma(shape));
    assertNear(mean, shape, 5 * Math.sqrt(shape / MANY), `mean at ${shape}`);
    assertNear(variance / shape, 1, 0.05, `variance at ${shape}`);
  }
});

test('a Dirichlet draw sums to 1 and has the mean of its parameters', () => {
  const random = Random.stream(2, 'dirichlet');
  const out = new Float64Array(4);
  const sums = [0, 0, 0];
  for (let i = 0; i < MANY; i++) {
    random.dirichlet([0, 1, 8], 0.5, out, 1);
    assertNear(out[1] + out[2] + out[3], 1, 1e-12, 'sum');
    for (let k = 0; k < 3; k++) sums[k] += out[k + 1];
  }
  for (const [k, alpha] of [0.5, 1.5, 8.5].entries()) {
    assertNear(sums[k] / MANY, alpha / 10.5, 0.002, `mean of ${k}`);
  }
  assert.equal(out[0], 0);
});

test('binomial numbers have mean and variance of few and of many trials', () => {
  for (const [trials, p] of [
    [5, 0.3],
    [33, 0.5],
    [1000, 0.02],
    [1_000_000, 0.9],
  ]) {
    const random = Random.stream(3, `binomial ${trials}`);
    const [mean, variance] = moments(() => random.binomial(trials, p));
    const spread = trials * p * (1 - p);
    assertNear(mean, trials * p, 5 * Math.sqrt(spread / MANY), `mean of ${trials}`);
    assertNear(variance / spread, 1, 0.05, `variance of ${trials}`);
  }
  assert.equal(Random.stream(0, '').binomial(0, 0.5), 0);
  assert.equal(Random.stream(0, '').binomial(1000, 1), 1000);
  assert.equal(Random.stream(0, '').binomial(1000, 0), 0);
});
