import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RgbImage } from '../../../../src/image/image.js';
import { resizeWindows } from '../../../../src/image/resample/resample.js';
import type { Window } from '../../../../src/image/resample/window.js';
import { seededRandom } from '../../../support/bytes.js';
import { jsonFixture } from '../../../support/fixture.js';

/** One window resized tap by tap. */
function resizeWindow(image: RgbImage, window: Window, width: number, height: number): Uint8Array {
  const [pixels] = resizeWindows(image, [{ window, width, height }], false);
  return pixels;
}

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
  test(`${image} is resized to ${width}x${height} to the bit as Pillow does`, () => {
    const source = imageOf(golden.images[image]);
    const whole = { x: 0, y: 0, width: source.width, height: source.height };
    assert.deepEqual([...resizeWindow(source, whole, width, height)], planesOf(result));
    const [bySums] = resizeWindows(source, [{ window: whole, width, height }]);
    assert.deepEqual([...bySums], planesOf(result));
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

/** What is computed from running sums is to be what is added up tap by tap. */
function assertSameAtSizes(image: RgbImage, window: Window, sizes: [number, number][]): void {
  const wanted = sizes.map(([width, height]) => ({ window, width, height }));
  const found = [...resizeWindows(image, wanted)];
  assert.equal(found.length, sizes.length);
  for (const [i, [width, height]] of sizes.entries()) {
    const expected = resizeWindow(image, window, width, height);
    const wrong = expected.findIndex((level, at) => level !== found[i][at]);
    assert.equal(found[i].length, expected.length);
    assert.equal(
      wrong,
      -1,
      `${image.width}x${image.height}, window ${Object.values(window)} to ${width}x${height}`,
    );
  }
}

function draw(
  width: number,
  height: number,
  level: (x: number, y: number, channel: number) => number,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    data[i] = level(pixel % width, Math.floor(pixel / width), i % 3);
  }
  return { data, width, height };
}

const PATTERNS: Record<string, (random: () => number) => Parameters<typeof draw>[2]> = {
  noise: (random) => () => random() * 256,
  'black and white noise': (random) => () => (random() < 0.5 ? 0 : 255),
  black: () => () => 0,
  white: () => () => 255,
  gradient: () => (x, y, channel) => (channel === 0 ? x : channel === 1 ? y : x + y) % 256,
  checkerboard: () => (x, y, channel) => ((x >> channel) + (y >> channel)) % 2 && 255,
};

for (const [name, pattern] of Object.entries(PATTERNS)) {
  test(`running sums give the levels of ${name} that taps give, at all sizes`, () => {
    const random = seededRandom(1);
    const level = pattern(random);
    const upTo = (limit: number) => 1 + Math.floor(random() * limit);
    for (let round = 0; round < 150; round++) {
      const [width, height] = [upTo(40), upTo(40)];
      const image = draw(width, height, level);
      const sizes = Array.from({ length: 4 }, (): [number, number] => [upTo(45), upTo(45)]);
      assertSameAtSizes(image, { x: 0, y: 0, width, height }, sizes);
      const x = upTo(60) - 40;
      const y = upTo(60) - 40;
      assertSameAtSizes(image, { x, y, width: upTo(80), height: upTo(80) }, sizes);
    }
    // Ratios such as 5/3 have many outputs that lie at a half.
    for (const [width, height] of [
      [1800, 37],
      [1801, 30],
      [701, 403],
      [5000, 6],
    ]) {
      const image = draw(width, height, level);
      const side = Math.max(width, height);
      const square = { x: 0, y: -Math.floor((side - height) / 2), width: side, height: side };
      const sides = [0.6, 0.5, 0.3, 0.12, 0.0849, 0.06, 0.0424, 0.015].map((scale) =>
        Math.ceil(scale * side),
      );
      assertSameAtSizes(
        image,
        square,
        sides.map((side) => [side, Math.ceil(side / 8)]),
      );
      assertSameAtSizes(image, { x: 0, y: 0, width, height }, [
        [1, 1],
        [2, height],
        [width, 3],
        [width - 1, 2],
        [2 * width + 1, 1],
      ]);
    }
  });
}

test('windows resized together, wherever they lie, are what each is alone', () => {
  const random = seededRandom(3);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  for (let round = 0; round < 60; round++) {
    const image = draw(upTo(150), upTo(150), () => random() * 256);
    const resizings = Array.from({ length: upTo(12) }, () => {
      const side = upTo(100);
      const window = { x: upTo(200) - 60, y: upTo(200) - 60, width: side, height: side };
      const size = random() < 0.5 ? 24 : 48;
      return { window, width: size, height: random() < 0.9 ? size : 7 };
    });
    const together = [...resizeWindows(image, resizings)];
    assert.equal(together.length, resizings.length);
    for (const [i, { window, width, height }] of resizings.entries()) {
      assert.deepEqual(together[i], resizeWindow(image, window, width, height));
    }
  }
});

test('running sums may wrap around, and give way where a single one of them would', () => {
  const random = seededRandom(2);
  for (const level of [() => 255, () => random() * 256]) {
    // Triangles with sides of 2800, 2900 (the bound) and 3000 pixels.
    for (const width of [5600, 5800, 6000]) {
      const image = draw(width, 3, level);
      assertSameAtSizes(image, { x: 0, y: 0, width, height: 3 }, [
        [2, 3],
        [3, 3],
        [12, 3],
      ]);
    }
    const widest = draw(65_535, 2, level);
    assertSameAtSizes(widest, { x: 0, y: 0, width: 65_535, height: 2 }, [
      [39_321, 2],
      [7000, 2],
      [100, 2],
      [24, 2],
      [11, 2],
    ]);
  }
});

test('windows of one size around differently many pixels are told apart', () => {
  const noise = imageOf(golden.images.noise);
  for (const [x, y] of [
    [-1, -1],
    [-2, -1],
    [-1, -2],
    [3, 4],
    [-1, -1],
  ]) {
    const sizes: [number, number][] = [
      [9, 9],
      [9, 12],
    ];
    assertSameAtSizes(noise, { x, y, width: 60, height: 60 }, sizes);
  }
});

test('sizes too large to be made at once are all made', () => {
  const noise = imageOf(golden.images.noise);
  const whole = { x: 0, y: 0, width: noise.width, height: noise.height };
  assertSameAtSizes(noise, whole, [
    [4000, 4500],
    [3000, 2500],
    [12, 12],
  ]);
  assert.deepEqual([...resizeWindows(noise, [])], []);
});

test('a window that misses the image is black at all sizes', () => {
  const noise = imageOf(golden.images.noise);
  assertSameAtSizes(noise, { x: 100, y: -50, width: 10, height: 10 }, [
    [4, 4],
    [2, 3],
  ]);
});
