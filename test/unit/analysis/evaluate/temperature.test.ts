import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fitTemperature,
  type ScaledSample,
} from '../../../../src/analysis/evaluate/temperature.js';
import { assertNear } from '../../../support/near.js';

/** `right` samples of two classes whose first is true, and `wrong` whose second is, all predicted alike. */
function twoClasses(p: number, right: number, wrong: number): ScaledSample[] {
  return Array.from({ length: right + wrong }, (_, i) => ({
    truth: i < right ? 0 : 1,
    predicted: 0,
    probabilities: [p, 1 - p],
  }));
}

function fitted(samples: readonly ScaledSample[]) {
  const fit = fitTemperature(samples);
  assert.equal(fit.kind, 'fitted');
  return fit;
}

const near = (actual: number, expected: number, what: string) =>
  assertNear(actual, expected, 1e-9, what);

// Of two classes the best confidence is the share that is right: T = logit(p) / logit(share).
for (const [p, right, wrong] of [
  [0.9, 3, 1],
  [0.6, 9, 1],
  [0.75, 3, 1],
  [0.999, 60, 40],
] as const) {
  test(`confidence ${p} with ${right} right and ${wrong} wrong becomes the share that is right`, () => {
    const share = right / (right + wrong);
    const logit = (x: number) => Math.log(x / (1 - x));
    const fit = fitted(twoClasses(p, right, wrong));
    near(fit.temperature / (logit(p) / logit(share)), 1, 'temperature');
    const loss = (q: number) => -share * Math.log(q) - (1 - share) * Math.log(1 - q);
    near(fit.negativeLogLikelihood.before, loss(p), 'loss before');
    near(fit.negativeLogLikelihood.after, loss(share), 'loss after');
    near(fit.expectedCalibrationError.before, Math.abs(p - share), 'error before');
    near(fit.expectedCalibrationError.after, 0, 'error after');
    assert.deepEqual([fit.n, fit.floored], [right + wrong, 0]);
  });
}

test('probabilities of zero are taken for half of the last decimal, and counted', () => {
  const zero = fitted([
    ...twoClasses(1, 3, 1),
    { truth: 0, predicted: 0, probabilities: [0.6, 0.4] },
  ]);
  assert.equal(zero.floored, 4);
  assert.ok(Number.isFinite(zero.negativeLogLikelihood.before));
  const half = fitted([
    ...[0, 0, 0, 1].map((truth) => ({ truth, predicted: 0, probabilities: [1, 5e-7] })),
    { truth: 0, predicted: 0, probabilities: [0.6, 0.4] },
  ]);
  assert.equal(half.floored, 0);
  assert.equal(zero.temperature, half.temperature);
  assert.deepEqual(zero.negativeLogLikelihood, half.negativeLogLikelihood);
});

test('samples that are all right have no temperature, nor have those no better than chance', () => {
  assert.deepEqual(fitTemperature(twoClasses(0.9, 4, 0)), { kind: 'too_low' });
  assert.deepEqual(fitTemperature(twoClasses(0.9, 2, 2)), { kind: 'too_high' });
  assert.deepEqual(fitTemperature(twoClasses(0.9, 1, 3)), { kind: 'too_high' });
});

test('predictions made with the temperature need no other', () => {
  const samples = [
    { truth: 0, predicted: 0, probabilities: [0.7, 0.2, 0.1] },
    { truth: 1, predicted: 0, probabilities: [0.5, 0.3, 0.2] },
    { truth: 2, predicted: 2, probabilities: [0.1, 0.1, 0.8] },
  ];
  const { temperature, negativeLogLikelihood } = fitted(samples);
  const again = fitted(
    samples.map(({ probabilities, ...classes }) => {
      const powers = probabilities.map((p) => p ** (1 / temperature));
      const sum = powers.reduce((a, b) => a + b);
      return { ...classes, probabilities: powers.map((power) => power / sum) };
    }),
  );
  near(again.temperature, 1, 'temperature');
  near(again.negativeLogLikelihood.before, negativeLogLikelihood.after, 'loss');
});
