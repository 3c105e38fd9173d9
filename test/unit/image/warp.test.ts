import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roundHalfToEven } from '../../../src/image/rounding.js';
import { type AffineMatrix, invertAffine, warpAffine } from '../../../src/image/warp.js';
import { jsonFixture } from '../../support/fixture.js';

const golden: {
  images: Record<string, number[][][]>;
  warp: {
    image: string;
    matrix: AffineMatrix;
    width: number;
    height: number;
    result: number[][][];
  }[];
} = jsonFixture('align/resample_golden.json');

for (const [index, { image, matrix, width, height, result }] of golden.warp.entries()) {
  test(`${image} is warped within one level of OpenCV (case ${index})`, () => {
    const pixels = golden.images[image];
    const source = {
      data: Uint8Array.from(pixels.flat(2)),
      width: pixels[0].length,
      height: pixels.length,
    };
    const warped = warpAffine(source, matrix, width, height);
    const expected = result.flat(2);
    assert.equal(warped.data.length, expected.length);
    const worst = Math.max(...expected.map((level, i) => Math.abs(level - warped.data[i])));
    assert.ok(worst <= 1, `differs by ${worst} levels`);
  });
}

test('a half-pixel shift at the border mixes with black', () => {
  const white = { data: new Uint8Array(2 * 2 * 3).fill(200), width: 2, height: 2 };
  const shifted = warpAffine(
    white,
    [
      [1, 0, 0.5],
      [0, 1, 0],
    ],
    3,
    2,
  );
  const red = (x: number, y: number) => shifted.data[(y * 3 + x) * 3];
  assert.deepEqual([red(0, 0), red(1, 0), red(2, 0)], [100, 200, 100]);
});

test('an image far away, or a matrix that cannot be inverted, gives black or a constant, not a crash', () => {
  const white = { data: new Uint8Array(2 * 2 * 3).fill(200), width: 2, height: 2 };
  const far = warpAffine(
    white,
    [
      [1, 0, 1e12],
      [0, 1, -1e12],
    ],
    4,
    4,
  );
  assert.ok(far.data.every((level) => level === 0));
  const flat = warpAffine(
    white,
    [
      [0, 0, 5],
      [0, 0, 5],
    ],
    4,
    4,
  );
  assert.equal(new Set(flat.data).size, 1);
});

test('the inverse undoes the map', () => {
  const matrix: AffineMatrix = [
    [0.4, -0.2, 17],
    [0.2, 0.4, -3],
  ];
  const [[a, b, c], [d, e, f]] = invertAffine(matrix);
  const x = 0.4 * 11 - 0.2 * 7 + 17;
  const y = 0.2 * 11 + 0.4 * 7 - 3;
  assert.ok(Math.abs(a * x + b * y + c - 11) < 1e-9);
  assert.ok(Math.abs(d * x + e * y + f - 7) < 1e-9);
});

test('halves are rounded to even, as NumPy and OpenCV do', () => {
  const cases = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4, 2],
    [-2.6, -3],
    [7, 7],
  ];
  for (const [value, rounded] of cases) {
    assert.equal(roundHalfToEven(value) + 0, rounded, `${value}`);
  }
});
