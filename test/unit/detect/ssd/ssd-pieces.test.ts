import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWeights } from '../../../../src/convert/tfjs/face-api.js';
import type { Point } from '../../../../src/detect/detector.js';
import { decode, type ScoredBox } from '../../../../src/detect/ssd/decode.js';
import { fivePoints } from '../../../../src/detect/ssd/five-points.js';
import { cutOut } from '../../../../src/detect/ssd/landmarks.js';
import { PRIORS } from '../../../../src/detect/ssd/priors.js';
import { resizeSquare } from '../../../../src/detect/ssd/resize.js';
import { overlap, suppressBoxes } from '../../../../src/detect/ssd/suppress.js';
import type { RgbImage } from '../../../../src/image/image.js';
import { ssdFile } from '../../../../src/models/detectors.js';

test("the prior boxes are those of the package's table", () => {
  const table = readWeights(ssdFile('ssd')).get('Output/extra_dim')!;
  assert.ok(table.kind === 'float');
  assert.equal(PRIORS.length, table.shape[1]);
  for (const [i, { y, x, height, width }] of PRIORS.entries()) {
    const corners = [y - height / 2, x - width / 2, y + height / 2, x + width / 2];
    for (const [k, corner] of corners.entries()) {
      // The table was made with ratios of four digits (0.3333).
      assert.ok(Math.abs(corner - table.data[4 * i + k]) < 5e-5, `prior ${i}`);
    }
  }
});

test('corrections move the centre by tenths of the sides, and stretch them by e to the fifths', () => {
  const prior = { y: 0.5, x: 0.25, height: 0.2, width: 0.1 };
  const encoded = Float32Array.of(9, 9, 9, 9, 5, -10, 0, 5 * Math.log(2));
  const scores = Float32Array.of(0.5, 0.75);
  const [only, ...others] = decode(encoded, scores, [prior, prior], 0.5);
  assert.equal(others.length, 0, 'a score has to exceed the threshold');
  // Centre (0.25 - 0.1, 0.5 + 0.1), sides 0.1 * 2 and 0.2.
  const expected = { top: 0.5, left: 0.05, bottom: 0.7, right: 0.25, score: 0.75 };
  for (const [key, value] of Object.entries(expected)) {
    assert.ok(Math.abs(only[key as keyof ScoredBox] - value) < 1e-6, key);
  }
  assert.throws(() => decode(encoded, scores, PRIORS, 0.5), /expected outputs for 5118 boxes/);
});

function candidate(left: number, right: number, score: number): ScoredBox {
  return { top: 0, left, bottom: 1, right, score };
}

test('the best of boxes that share more than half their union is kept', () => {
  const best = candidate(0, 0.3, 0.9);
  const third = candidate(0.1, 0.4, 0.8);
  const quarter = candidate(0.1, 0.2, 0.7);
  const apart = candidate(0.6, 0.8, 0.6);
  assert.ok(Math.abs(overlap(best, third) - 0.5) < 1e-12);
  assert.equal(overlap(best, apart), 0);
  assert.equal(overlap(best, candidate(0.3, 0.4, 1)), 0, 'an edge in common is nothing shared');
  assert.equal(overlap(candidate(0, 0, 1), candidate(0, 0, 1)), 0, 'no area, no overlap');
  const all = [apart, quarter, third, best];
  assert.deepEqual(suppressBoxes(all, 0.45, 10), [best, quarter, apart]);
  assert.deepEqual(suppressBoxes(all, 0.51, 10), [best, third, quarter, apart]);
  assert.deepEqual(suppressBoxes(all, 0.45, 2), [best, quarter]);
  const equal = candidate(0.6, 0.8, 0.9);
  assert.deepEqual(suppressBoxes([equal, best], 0.5, 10), [equal, best]);
});

/** One row of grey pixels. */
function row(...levels: number[]): RgbImage {
  return {
    data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
    width: levels.length,
    height: 1,
  };
}

const PLAIN = { mean: [0, 0, 0], scale: 1 } as const;

test('resizing reads at i * scale, the last pixel without a neighbour, black outside the part', () => {
  const image = row(10, 20, 40);
  const square = { side: 3, x: 1, y: 0, width: 2, height: 1, left: 0, top: 1 };
  const out = new Float32Array(1 + 3 * 36);
  resizeSquare(image, square, 6, PLAIN, out, 1);
  const plane = (i: number) => [...out.subarray(1 + i * 6, 1 + (i + 1) * 6)];
  // Columns of the part: 20, 40, black; rows: black, the part, black.
  assert.deepEqual(plane(0), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(plane(1), [10, 15, 20, 10, 0, 0]);
  assert.deepEqual(plane(2), [20, 30, 40, 20, 0, 0]);
  assert.deepEqual(plane(3), [10, 15, 20, 10, 0, 0]);
  assert.deepEqual(plane(8), plane(2), 'the second channel');
  assert.equal(out[0], 0);
});

test('reducing takes every nth pixel', () => {
  const square = { side: 4, x: 0, y: 0, width: 4, height: 1, left: 0, top: 0 };
  const out = new Float32Array(12);
  resizeSquare(row(8, 99, 6, 99), square, 2, { mean: [1, 2, 3], scale: 2 }, out, 0);
  assert.deepEqual([...out], [3.5, 2.5, -0.5, -0.5, 3, 2, -1, -1, 2.5, 1.5, -1.5, -1.5]);
});

test('a box is cut out at whole pixels, in a square, and never beyond the image', () => {
  const image = { data: new Uint8Array(0), width: 30, height: 20 };
  const box = { score: 1, left: 2.9, top: 3.2, right: 8.8, bottom: 12.1 };
  assert.deepEqual(cutOut(box, image), {
    side: 8,
    x: 2,
    y: 3,
    width: 5,
    height: 8,
    left: 1,
    top: 0,
  });
  const edge = { score: 1, left: 29.5, top: 0, right: 30, bottom: 20 };
  assert.equal(cutOut(edge, image).width, 0);
});

test('the middles of the eyes, the nose tip and the corners of the mouth are taken of 68 landmarks', () => {
  const points = Array.from({ length: 68 }, (_, i): Point => [i, 100 + 2 * i]);
  assert.deepEqual(fivePoints(points), [
    [37.5, 175],
    [43.5, 187],
    [30, 160],
    [48, 196],
    [54, 208],
  ]);
});
