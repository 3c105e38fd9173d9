import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REFERENCE_POINTS } from '../../../src/align/reference.js';
import { estimateSimilarity, type Points } from '../../../src/align/similarity.js';
import { jsonFixture } from '../../support/fixture.js';

const golden: { cases: { landmarks: Points; matrix: number[][] }[] } = jsonFixture(
  'align/similarity_golden.json',
);

for (const [index, { landmarks, matrix }] of golden.cases.entries()) {
  test(`the transform agrees with scikit-image's SimilarityTransform (case ${index})`, () => {
    const estimated = estimateSimilarity(landmarks, REFERENCE_POINTS);
    assert.ok(estimated);
    for (const row of [0, 1]) {
      for (const column of [0, 1, 2]) {
        const difference = Math.abs(estimated[row][column] - matrix[row][column]);
        assert.ok(difference < (column === 2 ? 1e-4 : 1e-5), `[${row}][${column}]: ${difference}`);
      }
    }
  });
}

test('points that were turned, scaled and moved give back the exact transform', () => {
  const angle = 2.5;
  const scale = 3;
  const moved = REFERENCE_POINTS.map(
    ([x, y]) =>
      [
        scale * (Math.cos(angle) * x - Math.sin(angle) * y) + 40,
        scale * (Math.sin(angle) * x + Math.cos(angle) * y) - 7,
      ] as const,
  );
  const [[a, b, c], [d, e, f]] = estimateSimilarity(REFERENCE_POINTS, moved)!;
  const expected = [
    scale * Math.cos(angle),
    -scale * Math.sin(angle),
    40,
    scale * Math.sin(angle),
    scale * Math.cos(angle),
    -7,
  ];
  for (const [i, value] of [a, b, c, d, e, f].entries()) {
    assert.ok(Math.abs(value - expected[i]) < 1e-9);
  }
});

test('mirrored points get a rotation, never a reflection', () => {
  const mirrored = REFERENCE_POINTS.map(([x, y]) => [-x, y] as const);
  const [[a, b], [d, e]] = estimateSimilarity(mirrored, REFERENCE_POINTS)!;
  assert.ok(a * e - b * d > 0);
});

test('points that coincide or are not numbers have no transform', () => {
  assert.equal(
    estimateSimilarity(
      REFERENCE_POINTS.map(() => [3, 4] as const),
      REFERENCE_POINTS,
    ),
    undefined,
  );
  assert.equal(
    estimateSimilarity(
      REFERENCE_POINTS.map(() => [Number.NaN, 4] as const),
      REFERENCE_POINTS,
    ),
    undefined,
  );
});
