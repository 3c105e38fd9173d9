import { FLOAT_ERROR, type Ramps } from './ramps.js';

/** Pillow's fixed point: weights are integers with this many fractional bits (PRECISION_BITS). */
const WEIGHT_ONE = 2 ** 22;
/** The kernel takes a weight as its low bits and the rest, each an i16. */
const LOW_BITS = 11;
const LOW_MASK = 2 ** LOW_BITS - 1;
/** Taps that the kernel takes at once: pixels of a row, rows of a column. */
export const ROW_BLOCK = 8;
export const COLUMN_BLOCK = 2;
const LEVEL_MAX = 255;

/**
 * The taps of one axis; output i adds up blocks[i] blocks of the input from first[i] on, counted from where
 * the image begins in the window.
 */
export interface Taps {
  readonly first: Int32Array;
  readonly blocks: Int32Array;
  /** For each output its blocks, each the low parts of the weights, then the high parts. */
  readonly weights: Int16Array;
  /** Bytes of weights an output. */
  readonly stride: number;
  /** The same as `Ramps`, if they are for the kernel's running sums. */
  readonly ramps: Uint8Array | undefined;
}

/**
 * @param inputSize length of the window along the axis, pixels
 * @param contentStart, contentEnd the part of the window that the image covers: taps outside read black
 *   and are dropped, after the weights have been normalized over all of them
 * @param block taps a block; the last one is filled up with weights of 0
 * @param ramps filled with the same taps
 */
export function bilinearTaps(
  inputSize: number,
  outputSize: number,
  contentStart: number,
  contentEnd: number,
  block: number,
  ramps?: Ramps,
): Taps {
  const scale = inputSize / outputSize;
  const support = Math.max(scale, 1);
  const mostTaps = Math.ceil(support) * 2 + 1;
  const mostBlocks = Math.ceil(mostTaps / block);
  const first = new Int32Array(outputSize);
  const blocks = new Int32Array(outputSize);
  const weights = new Int16Array(outputSize * mostBlocks * block * 2);
  const exact = new Float64Array(mostTaps);

  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), inputSize);
    const norm = fillTriangle(exact, start, end, center, support);
    const from = Math.min(Math.max(start, contentStart), contentEnd);
    const to = Math.max(Math.min(end, contentEnd), from);
    first[i] = from - contentStart;
    blocks[i] = Math.ceil((to - from) / block);
    let added = 0;
    let taken = 0;
    let low = i * mostBlocks * block * 2;
    for (let t = from; t < to; low += block) {
      for (const blockEnd = Math.min(t + block, to); t < blockEnd; t++, low++) {
        const share = exact[t - start] / norm;
        const weight = (0.5 + share * WEIGHT_ONE) | 0;
        weights[low] = weight & LOW_MASK;
        weights[low + block] = weight >> LOW_BITS;
        if (ramps === undefined) continue;
        const rounding = weight / WEIGHT_ONE - share;
        added += Math.max(rounding, 0);
        taken -= Math.min(rounding, 0);
      }
    }
    const error = LEVEL_MAX * Math.max(added, taken) + FLOAT_ERROR;
    ramps?.set(
      i,
      from - contentStart,
      to - contentStart,
      center - contentStart,
      support,
      norm,
      error,
    );
  }
  const stride = mostBlocks * block * 2 * weights.BYTES_PER_ELEMENT;
  return { first, blocks, weights, stride, ramps: ramps?.bytes };
}

/**
 * Fills in a triangle's weights before they are normalized, `start` first.
 *
 * @param side length of a side
 * @returns what they add up to, 1 for nothing
 */
function fillTriangle(
  weights: Float64Array,
  start: number,
  end: number,
  center: number,
  side: number,
): number {
  let sum = 0;
  for (let t = start; t < end; t++) {
    const weight = Math.max(1 - Math.abs((t - center + 0.5) * (1 / side)), 0);
    weights[t - start] = weight;
    sum += weight;
  }
  return sum === 0 ? 1 : sum;
}

export function arrayBytes({ first, blocks, weights, ramps }: Taps): number {
  return first.byteLength + blocks.byteLength + weights.byteLength + (ramps?.byteLength ?? 0);
}
