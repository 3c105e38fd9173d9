import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confusionByConfidence } from '../../../../src/analysis/evaluate/confusion-by-confidence.js';

test('a bound belongs to the band above it, and 1 to the last', () => {
  const bounds = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
  for (const [k, bound] of [...bounds, 1].entries()) {
    const bands = confusionByConfidence([{ truth: 0, predicted: 1, confidence: bound }], 2)!;
    assert.deepEqual(
      bands.map(({ from }) => from),
      bounds,
    );
    assert.deepEqual(
      bands.map(({ to }) => to),
      [...bounds.slice(1), 1],
    );
    assert.deepEqual(
      bands.map(({ confusion }) => confusion),
      bounds.map((_, band) => [
        [0, band === Math.min(k, bounds.length - 1) ? 1 : 0],
        [0, 0],
      ]),
    );
  }
});

test('the matrices are not given where a sample has no confidence', () => {
  const known = { truth: 0, predicted: 0, confidence: 0.7 };
  assert.equal(confusionByConfidence([known, { truth: 0, predicted: 0 }], 2), null);
  assert.equal(confusionByConfidence([], 2)?.length, 7);
});
