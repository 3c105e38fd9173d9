/** Triangles as pairs of ramps, for the kernel's running sums. */
import { SUMS } from './kernel.js';

/**
 * Longest side of a triangle, in pixels, for the kernel's running sums: two ramps over as many white pixels
 * add up to less than 255 * 2900^2 < 2^31. They may wrap around on the way, so an image may have any width.
 */
export const RAMP_MAX = 2900;
/** Numbers of an output in `Ramps`, each of 4 bytes. */
const RAMP_NUMBERS = 8;
/**
 * Bound of the kernel's rounding errors: a level goes through at most six float32 operations and constants,
 * all of which are positive, 6 * 2^-24 * 255 < 2^-13; the rest is for the float64 operations here.
 */
export const FLOAT_ERROR = 2 ** -13;

/**
 * The taps of one axis as ramps, constants of an output for the kernel. The triangle has the weights
 * (t + 0.5 - center + s) / (s n) on its rising side, start <= t < middle, and (center + s - t - 0.5) / (s n) on
 * the falling one, middle <= t < end, where s is the length of a side and n normalizes. With p for the pixels,
 *
 *   output = (sum over rising (t - start) p + sum over falling (end - 1 - t) p
 *             + a * sum over rising p + b * sum over falling p) / (s n)
 *   a = start + 0.5 - center + s, b = center + s + 0.5 - end,
 *
 * and the first two sums are, with single sums S and double sums D,
 *
 *   D[start + 1] - 2 D[middle] + D[end] - (start + 1 - 2 middle + end) S[middle].
 *
 * Pillow's output has the weights rounded. It differs by at most 255 times the sum of what was added to
 * weights, or of what was taken away, whichever is more; with FLOAT_ERROR that is `error`.
 */
export class Ramps {
  readonly bytes: Uint8Array;
  private readonly integers: Int32Array;
  private readonly floats: Float32Array;

  constructor(outputs: number) {
    const numbers = new ArrayBuffer(outputs * RAMP_NUMBERS * 4);
    this.bytes = new Uint8Array(numbers);
    this.integers = new Int32Array(numbers);
    this.floats = new Float32Array(numbers);
  }

  /**
   * @param start, end the taps, `center` the triangle's, all in pixels from the same origin
   * @param side length of a side of the triangle
   * @param norm what all weights add up to before they are normalized
   * @param error most that the output may differ
   */
  set(
    output: number,
    start: number,
    end: number,
    center: number,
    side: number,
    norm: number,
    error: number,
  ): void {
    const middle = Math.min(Math.max(Math.ceil(center - 0.5), start), end);
    const { integers, floats } = this;
    const at = output * RAMP_NUMBERS;
    integers[at] = start * SUMS;
    integers[at + 1] = middle * SUMS;
    integers[at + 2] = end * SUMS;
    integers[at + 3] = start + 1 - 2 * middle + end;
    floats[at + 4] = Math.max(start + 0.5 - center + side, 0);
    floats[at + 5] = Math.max(center + side + 0.5 - end, 0);
    floats[at + 6] = 1 / (side * norm);
    // A level is sure if it is no farther than this from the integer nearest to it.
    floats[at + 7] = 0.5 - error;
  }
}
