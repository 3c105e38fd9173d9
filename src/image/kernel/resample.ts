/**
 * The inner loops of ../resample.ts in AssemblyScript, compiled to WebAssembly with SIMD by `npm run build`
 * (package.json, "build:kernel"): many times faster than the same loops in JavaScript, and bit for bit the same.
 *
 * All work is on planes, one channel each, so that taps lie side by side and eight are multiplied at once. A
 * weight has 22 fractional bits, too many for SIMD's products of 16-bit numbers; it is split into its low 11
 * bits and the rest, w = low + 2048 high, and both sums are kept.
 *
 * Reads may go 15 bytes beyond the pixels, and writes 7 bytes beyond `target`.
 */

const WEIGHT_BITS: i32 = 22;
const LOW_BITS: i32 = 11;
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/** Splits `pixels` RGB pixels into three planes of `planeSize` bytes each. */
export function splitChannels(source: usize, pixels: i32, target: usize, planeSize: usize): void {
  for (let i = 0; i < pixels; i += 8) {
    const low = v128.load(source); // R0 G0 B0 ... R5
    const high = v128.load(source, 8); // B2 R3 ... B7, and behind them 8 bytes that are not used
    const red = i8x16.shuffle(low, high, 0, 3, 6, 9, 12, 15, 26, 29, 0, 0, 0, 0, 0, 0, 0, 0);
    const green = i8x16.shuffle(low, high, 1, 4, 7, 10, 13, 24, 27, 30, 0, 0, 0, 0, 0, 0, 0, 0);
    const blue = i8x16.shuffle(low, high, 2, 5, 8, 11, 14, 25, 28, 31, 0, 0, 0, 0, 0, 0, 0, 0);
    v128.store64_lane(target, red, 0);
    v128.store64_lane(target + planeSize, green, 0);
    v128.store64_lane(target + 2 * planeSize, blue, 0);
    source += 24;
    target += 8;
  }
}

/**
 * Filters the rows of a plane to `width` pixels each.
 *
 * @param source address of the first row; rows are `sourceStride` bytes apart
 * @param target address of the result, rows x width bytes
 * @param first address of i32 [width]: the first tap in a row
 * @param blocks address of i32 [width]: blocks of eight taps
 * @param weights address of the weights, `weightStride` bytes an output pixel: for each block the low parts
 *   of eight weights, then the high parts, as i16
 */
export function filterRows(
  source: usize,
  sourceStride: usize,
  rows: i32,
  target: usize,
  width: i32,
  first: usize,
  blocks: usize,
  weights: usize,
  weightStride: usize,
): void {
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      let pixels = source + <usize>load<i32>(first + ((<usize>x) << 2));
      let weight = weights + <usize>x * weightStride;
      const end = weight + ((<usize>load<i32>(blocks + ((<usize>x) << 2))) << 5);
      let low = i32x4.splat(0);
      let high = i32x4.splat(0);
      while (weight < end) {
        const eight = v128.load8x8_u(pixels);
        low = i32x4.add(low, i32x4.dot_i16x8_s(eight, v128.load(weight)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(eight, v128.load(weight, 16)));
        pixels += 8;
        weight += 32;
      }
      let sum = i32x4.add(low, i32x4.shl(high, LOW_BITS));
      sum = i32x4.add(sum, i32x4.shuffle(sum, sum, 2, 3, 0, 1));
      sum = i32x4.add(sum, i32x4.shuffle(sum, sum, 1, 0, 3, 2));
      store<u8>(target++, (i32x4.extract_lane(sum, 0) + HALF) >> WEIGHT_BITS);
    }
    source += sourceStride;
  }
}

function rounded(low: v128, high: v128): v128 {
  return i32x4.shr_s(i32x4.add(low, i32x4.shl(high, LOW_BITS)), WEIGHT_BITS);
}

/**
 * Filters the columns of a plane: `height` rows, each a sum of rows of `width` bytes. Rows go in pairs; an
 * odd one out has a partner of weight 0, which is read but does not count.
 *
 * @param first address of i32 [height]: the first row
 * @param pairs address of i32 [height]: pairs of rows
 * @param weights address of the weights, `weightStride` bytes an output row: for each pair low, low, high,
 *   high as i16
 */
export function filterColumns(
  source: usize,
  width: usize,
  target: usize,
  height: i32,
  first: usize,
  pairs: usize,
  weights: usize,
  weightStride: usize,
): void {
  for (let y = 0; y < height; y++) {
    const top = source + <usize>load<i32>(first + ((<usize>y) << 2)) * width;
    const start = weights + <usize>y * weightStride;
    const end = start + ((<usize>load<i32>(pairs + ((<usize>y) << 2))) << 3);
    for (let x: usize = 0; x < width; x += 8) {
      let row = top + x;
      let lowLeft = i32x4.splat(HALF);
      let lowRight = lowLeft;
      let highLeft = i32x4.splat(0);
      let highRight = highLeft;
      for (let weight = start; weight < end; weight += 8) {
        // Two rows a0 a1 ..., b0 b1 ... become a0 b0 a1 b1 ...
        const both = i8x16.shuffle(
          v128.load64_zero(row),
          v128.load64_zero(row + width),
          // biome-ignore format: sixteen lanes in one line
          0,
          16,
          1,
          17,
          2,
          18,
          3,
          19,
          4,
          20,
          5,
          21,
          6,
          22,
          7,
          23,
        );
        const left = i16x8.extend_low_i8x16_u(both);
        const right = i16x8.extend_high_i8x16_u(both);
        const low = v128.load32_splat(weight);
        const high = v128.load32_splat(weight, 4);
        lowLeft = i32x4.add(lowLeft, i32x4.dot_i16x8_s(left, low));
        lowRight = i32x4.add(lowRight, i32x4.dot_i16x8_s(right, low));
        highLeft = i32x4.add(highLeft, i32x4.dot_i16x8_s(left, high));
        highRight = i32x4.add(highRight, i32x4.dot_i16x8_s(right, high));
        row += 2 * width;
      }
      const sums = i16x8.narrow_i32x4_s(rounded(lowLeft, highLeft), rounded(lowRight, highRight));
      v128.store64_lane(target + x, i8x16.narrow_i16x8_u(sums, sums), 0);
    }
    target += width;
  }
}
