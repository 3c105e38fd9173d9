import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RgbImage } from '../../src/image/image.js';
import { resizeWindow } from '../../src/image/resample.js';
import { jsonFixture } from '../fixture.js';

type Pixels = number[][][];

function imageOf(pixels: Pixels): RgbImage {
  return { data: Uint8Array.from(pixels.flat(2)), width: pixels[0].length, height: pixels.length };
}

/** Pixels [height][width][channel] as planes, CHW. */
function planesOf(pixels: Pixels): number[] {
  return [0, 1, 2].flatMap((channel) => pixels.flat().map((pixel) => pixel[channel]));
}

const golden: {
  images: Record<string, Pixels>;
  resize: { image: string; width: number; height: number; result: Pixels }[];
} = jsonFixture('align/resample_golden.json');

for (const { image, width, height, result } of golden.resize) {
  test(`resizes ${image} to ${width}x${height} to the bit as Pillow does`, () => {
    const source = imageOf(golden.images[image]);
    const whole = { x: 0, y: 0, width: source.width, height: source.height };
    assert.deepEqual([...resizeWindow(source, whole, width, height)], planesOf(result));
  });
}

/** The image copied into a black one: what a window beyond the image must be equal to. */
function pad(image: RgbImage, left: number, top: number, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    data.set(row, ((y + top) * width + left) * 3);
  }
  return { data, width, height };
}

for (const [left, top, width, height] of [
  [3, 5, 30, 40],
  [0, 0, 17, 50],
  [7, 0, 24, 13],
  [40, 40, 60, 60],
]) {
  test(`a window ${left},${top} ${width}x${height} around the image equals padding by copying`, () => {
    const noise = imageOf(golden.images.noise);
    const padded = pad(noise, left, top, width, height);
    const whole = { x: 0, y: 0, width, height };
    for (const [outWidth, outHeight] of [
      [9, 9],
      [24, 24],
      [64, 48],
      [1, 1],
    ]) {
      assert.deepEqual(
        resizeWindow(noise, { x: -left, y: -top, width, height }, outWidth, outHeight),
        resizeWindow(padded, whole, outWidth, outHeight),
      );
    }
  });
}

test('a window inside the image equals the cut-out, and reads nothing beyond it', () => {
  const smooth = imageOf(golden.images.smooth);
  const window = { x: 6, y: 4, width: 20, height: 21 };
  const cut = new Uint8Array(20 * 21 * 3);
  for (let y = 0; y < 21; y++) {
    const start = ((y + 4) * smooth.width + 6) * 3;
    cut.set(smooth.data.subarray(start, start + 20 * 3), y * 20 * 3);
  }
  const whole = { x: 0, y: 0, width: 20, height: 21 };
  assert.deepEqual(
    resizeWindow(smooth, window, 12, 12),
    resizeWindow({ data: cut, width: 20, height: 21 }, whole, 12, 12),
  );
});

test('a window that misses the image is black', () => {
  const noise = imageOf(golden.images.noise);
  const result = resizeWindow(noise, { x: 100, y: -50, width: 10, height: 10 }, 4, 4);
  assert.ok(result.every((level) => level === 0));
});

test('a white image stays white: weights add up to one', () => {
  for (const side of [5, 31, 100, 1921]) {
    const white = { data: new Uint8Array(side * 3).fill(255), width: side, height: 1 };
    const whole = { x: 0, y: 0, width: side, height: 1 };
    assert.ok(
      resizeWindow(white, whole, 12, 3).every((level) => level === 255),
      `${side}`,
    );
  }
});
