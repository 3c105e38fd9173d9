/**
 * Resizing as Pillow's `Image.resize(size, BILINEAR)` does it, to the bit: MTCNN's networks were trained
 * and are thresholded on pictures reduced that way, and other resamplers (libvips, ONNX `Resize`) differ
 * by up to 16 grey levels. Source: Pillow, src/libImaging/Resample.c, 8 bits per channel.
 *
 * The filter is a triangle, widened by the reduction factor (antialiasing). Rows are filtered first and
 * rounded to 8 bits, then columns.
 */
import type { RgbImage } from './image.js';

/**
 * A rectangle in pixels of an image, which may reach beyond it; what lies outside reads as black.
 * Padding and cutting out are windows, so that neither copies the image.
 */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pillow's fixed point: weights are integers with this many fractional bits (PRECISION_BITS). */
const WEIGHT_BITS = 32 - 8 - 2;
const WEIGHT_ONE = 2 ** WEIGHT_BITS;
const WEIGHT_HALF = 2 ** (WEIGHT_BITS - 1);

/** The taps of one axis: output i is the sum over t < count[i] of weights[i * stride + t] * input[first[i] + t]. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/**
 * @param inputSize length of the window along the axis, pixels
 * @param contentStart, contentEnd the part of the window that the image covers: taps outside read black
 *   and are dropped, after the weights have been normalized over all of them
 */
function bilinearTaps(
  inputSize: number,
  outputSize: number,
  contentStart: number,
  contentEnd: number,
): Taps {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const exact = new Float64Array(stride);

  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), inputSize);
    let sum = 0;
    for (let t = start; t < end; t++) {
      const weight = Math.max(1 - Math.abs((t - center + 0.5) * (1 / filterScale)), 0);
      exact[t - start] = weight;
      sum += weight;
    }
    const from = Math.max(start, contentStart);
    const to = Math.min(end, contentEnd);
    first[i] = from;
    count[i] = Math.max(to - from, 0);
    for (let t = from; t < to; t++) {
      const weight = sum === 0 ? exact[t - start] : exact[t - start] / sum;
      weights[i * stride + t - from] = Math.trunc(0.5 + weight * WEIGHT_ONE);
    }
  }
  return { first, count, weights, stride };
}

/**
 * The window of the image, resized to width x height.
 *
 * @returns the resized pixels, HWC RGB, 0..255
 */
export function resizeWindow(
  image: RgbImage,
  window: Window,
  width: number,
  height: number,
): Uint8Array {
  const left = Math.max(-window.x, 0);
  const right = Math.min(image.width - window.x, window.width);
  const top = Math.max(-window.y, 0);
  const bottom = Math.min(image.height - window.y, window.height);
  const resized = new Uint8Array(width * height * 3);
  if (left >= right || top >= bottom) return resized;

  const columns = bilinearTaps(window.width, width, left, right);
  const rows = bilinearTaps(window.height, height, top, bottom);
  const narrowed = filterRows(image, window, top, bottom, width, columns);
  filterColumns(narrowed, top, width, height, rows, resized);
  return resized;
}

/** Window rows `top` to `bottom`, each filtered to `width` pixels: [bottom - top, width, 3]. */
function filterRows(
  image: RgbImage,
  window: Window,
  top: number,
  bottom: number,
  width: number,
  taps: Taps,
): Uint8Array {
  const { data } = image;
  const { first, count, weights, stride } = taps;
  const narrowed = new Uint8Array((bottom - top) * width * 3);
  let out = 0;
  for (let y = top; y < bottom; y++) {
    const row = ((y + window.y) * image.width + window.x) * 3;
    for (let x = 0; x < width; x++) {
      let red = WEIGHT_HALF;
      let green = WEIGHT_HALF;
      let blue = WEIGHT_HALF;
      let at = row + first[x] * 3;
      const start = x * stride;
      const end = start + count[x];
      for (let t = start; t < end; t++) {
        const weight = weights[t];
        red = (red + Math.imul(data[at], weight)) | 0;
        green = (green + Math.imul(data[at + 1], weight)) | 0;
        blue = (blue + Math.imul(data[at + 2], weight)) | 0;
        at += 3;
      }
      // Weights may add up to a unit in the last place over one, which 255 * 2^22 + 2^21 has room for.
      narrowed[out] = red >> WEIGHT_BITS;
      narrowed[out + 1] = green >> WEIGHT_BITS;
      narrowed[out + 2] = blue >> WEIGHT_BITS;
      out += 3;
    }
  }
  return narrowed;
}

function filterColumns(
  narrowed: Uint8Array,
  top: number,
  width: number,
  height: number,
  taps: Taps,
  resized: Uint8Array,
): void {
  const { first, count, weights, stride } = taps;
  const rowLength = width * 3;
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < height; y++) {
    sums.fill(WEIGHT_HALF);
    for (let t = 0; t < count[y]; t++) {
      const weight = weights[y * stride + t];
      const row = (first[y] + t - top) * rowLength;
      for (let i = 0; i < rowLength; i++) {
        sums[i] = (sums[i] + Math.imul(narrowed[row + i], weight)) | 0;
      }
    }
    const out = y * rowLength;
    for (let i = 0; i < rowLength; i++) resized[out + i] = sums[i] >> WEIGHT_BITS;
  }
}
