import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalQuantile, wilsonAt } from '../../../../src/analysis/composition/wilson-at.js';
import { wilsonInterval } from '../../../../src/analysis/wilson.js';
import { assertNear } from '../../../support/near.js';

test('normal quantiles are those of printed tables', () => {
  // Abramowitz and Stegun, table 26.5, to the digits of R's qnorm.
  for (const [probability, z] of [
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.9995, 3.2905267314919255],
  ]) {
    assertNear(normalQuantile(probability), z, 1e-9, String(probability));
  }
});

test('at 95 % the interval is that of evaluate', () => {
  for (const [hits, n] of [
    [0, 50],
    [3, 7],
    [50, 50],
  ]) {
    const expected = wilsonInterval(hits, n)!;
    const [low, high] = wilsonAt(hits, n, 0.95)!;
    assertNear(low, expected[0], 1e-12, 'low');
    assertNear(high, expected[1], 1e-12, 'high');
  }
});

test('none of 50 has an upper bound above 0, and none of none has no interval', () => {
  const [low, high] = wilsonAt(0, 50, 0.95)!;
  assert.equal(low, 0);
  // 3.8415 / (50 + 3.8415)
  assertNear(high, 0.07135, 1e-5, 'high');
  assert.equal(wilsonAt(0, 0, 0.95), null);
});
