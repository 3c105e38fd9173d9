/**
 * The inner loops of ../resample.ts in AssemblyScript, compiled to WebAssembly with SIMD by `npm run build`
 * (package.json, "build:kernel"): many times faster than the same loops in JavaScript, and bit for bit the same.
 *
 * All work is on planes, one channel each, so that taps lie side by side and eight are multiplied at once. A
 * weight has 22 fractional bits, too many for SIMD's products of 16-bit numbers; it is split into its low 11
 * bits and the rest, w = low + 2048 high, and both sums are kept.
 *
 * The levels of an image pyramid are many reductions of one image, and tap by tap each reads all of it. Their
 * rows go another way: `sumRows` makes running sums of four rows, from which `filterSums` has any output of
 * any level in a few steps, however many taps it has.
 *
 * Reads may go 15 bytes beyond the pixels, and writes 7 bytes beyond `target`.
 */

const WEIGHT_BITS: i32 = 22;
const LOW_BITS: i32 = 11;
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/** Bytes a0 a1 ..., b0 b1 ... as a0 b0 a1 b1 ... */
function interleaved(a: v128, b: v128): v128 {
  // biome-ignore format: sixteen lanes in one line
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

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

/** Bytes of the running sums of four rows, a column. */
const SUMS: usize = 16;
/** Bytes of an output's constants (../ramps.ts). */
const RAMPS: usize = 32;
/** Added to a number below it, it leaves the nearest integer in the low bits: a float32 has 24. */
const ROUNDER: f32 = 8388608;

/** Address of row `row` of `rows`, the last one for rows beyond: four are worked on, also where fewer are left. */
function rowAt(base: usize, stride: usize, row: i32, rows: i32): usize {
  return base + <usize>min(row, rows - 1) * stride;
}

/**
 * Double sums of four rows side by side, a row a lane: for each column the sum of the single sums left of it,
 * which are the sums of the pixels left of a column. They may wrap around: only differences are used. Two
 * columns beyond the last one are summed too.
 *
 * @param rows rows there are, 1..4
 * @param sums address of the result, columns + 9 times SUMS bytes
 */
export function sumRows(
  source: usize,
  sourceStride: usize,
  rows: i32,
  columns: i32,
  sums: usize,
): void {
  // Four addresses that are counted up: offsets of three rows would be computed anew at each step.
  let source1 = rowAt(source, sourceStride, 1, rows);
  let source2 = rowAt(source, sourceStride, 2, rows);
  let source3 = rowAt(source, sourceStride, 3, rows);
  let single = i32x4.splat(0);
  let double = i32x4.splat(0);
  for (let column = 0; column <= columns + 1; column += 8) {
    // Eight pixels of each of four rows, a0 a1 ... to d0 d1 ..., become a0 b0 c0 d0 a1 b1 c1 d1 ...
    const upper = interleaved(v128.load64_zero(source), v128.load64_zero(source1));
    const lower = interleaved(v128.load64_zero(source2), v128.load64_zero(source3));
    const left = i16x8.shuffle(upper, lower, 0, 8, 1, 9, 2, 10, 3, 11);
    const right = i16x8.shuffle(upper, lower, 4, 12, 5, 13, 6, 14, 7, 15);
    v128.store(sums, double);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(left)));
    v128.store(sums, double, 16);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_high_i16x8_u(i16x8.extend_low_i8x16_u(left)));
    v128.store(sums, double, 32);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_low_i16x8_u(i16x8.extend_high_i8x16_u(left)));
    v128.store(sums, double, 48);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_high_i16x8_u(i16x8.extend_high_i8x16_u(left)));
    v128.store(sums, double, 64);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(right)));
    v128.store(sums, double, 80);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_high_i16x8_u(i16x8.extend_low_i8x16_u(right)));
    v128.store(sums, double, 96);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_low_i16x8_u(i16x8.extend_high_i8x16_u(right)));
    v128.store(sums, double, 112);
    double = i32x4.add(double, single);
    single = i32x4.add(single, i32x4.extend_high_i16x8_u(i16x8.extend_high_i8x16_u(right)));
    source += 8;
    source1 += 8;
    source2 += 8;
    source3 += 8;
    sums += 8 * SUMS;
  }
}

/** The levels of four rows at one output, not rounded; `ramps` has the output's constants. */
function levelAt(sums: usize, ramps: usize): v128 {
  const start = sums + <usize>load<i32>(ramps);
  const middle = sums + <usize>load<i32>(ramps, 4);
  const end = sums + <usize>load<i32>(ramps, 8);
  const doubleMiddle = v128.load(middle);
  const doubleEnd = v128.load(end);
  const afterStart = v128.load(start, SUMS);
  // A double sum and the next differ by the single sum.
  const singleStart = i32x4.sub(afterStart, v128.load(start));
  const singleMiddle = i32x4.sub(v128.load(middle, SUMS), doubleMiddle);
  const singleEnd = i32x4.sub(v128.load(end, SUMS), doubleEnd);
  const rising = i32x4.sub(singleMiddle, singleStart);
  const falling = i32x4.sub(singleEnd, singleMiddle);
  const sides = i32x4.add(i32x4.sub(afterStart, doubleMiddle), i32x4.sub(doubleEnd, doubleMiddle));
  const whole = i32x4.sub(sides, i32x4.mul(singleMiddle, v128.load32_splat(ramps, 12)));

  let level = f32x4.add(
    f32x4.mul(f32x4.convert_i32x4_s(rising), v128.load32_splat(ramps, 16)),
    f32x4.mul(f32x4.convert_i32x4_s(falling), v128.load32_splat(ramps, 20)),
  );
  level = f32x4.add(level, f32x4.convert_i32x4_s(whole));
  return f32x4.mul(level, v128.load32_splat(ramps, 24));
}

/**
 * What `filterRows` does, for the four rows of `sumRows`: each output is computed from the sums in float32,
 * and once more tap by tap where that is too close to a half to know how it rounds.
 *
 * @param ramps address of the constants, RAMPS bytes an output pixel
 */
export function filterSums(
  sums: usize,
  source: usize,
  sourceStride: usize,
  rows: i32,
  target: usize,
  width: i32,
  ramps: usize,
  first: usize,
  blocks: usize,
  weights: usize,
  weightStride: usize,
): void {
  let target0 = target;
  let target1 = rowAt(target, width, 1, rows);
  let target2 = rowAt(target, width, 2, rows);
  let target3 = rowAt(target, width, 3, rows);
  const rounder = f32x4.splat(ROUNDER);
  for (let x = 0; x < width; x++) {
    const level = levelAt(sums, ramps);
    const nearest = f32x4.add(level, rounder);
    v128.store8_lane(target0, nearest, 0);
    v128.store8_lane(target1, nearest, 4);
    v128.store8_lane(target2, nearest, 8);
    v128.store8_lane(target3, nearest, 12);
    const distance = f32x4.abs(f32x4.sub(level, f32x4.sub(nearest, rounder)));
    const unsure = f32x4.gt(distance, v128.load32_splat(ramps, 28));
    if (v128.any_true(unsure)) {
      for (let lanes = i32x4.bitmask(unsure) & ((1 << rows) - 1); lanes !== 0; lanes &= lanes - 1) {
        const row = <usize>ctz(lanes);
        const column = (<usize>x) << 2;
        filterRows(
          source + row * sourceStride,
          sourceStride,
          1,
          target + row * width + x,
          1,
          first + column,
          blocks + column,
          weights + <usize>x * weightStride,
          weightStride,
        );
      }
    }
    target0++;
    target1++;
    target2++;
    target3++;
    ramps += RAMPS;
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
        const both = interleaved(v128.load64_zero(row), v128.load64_zero(row + width));
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
