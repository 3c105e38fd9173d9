/**
 * Resizing as TensorFlow.js' `image.resizeBilinear` does it by default (no alignCorners, no halfPixelCenters), as
 * face-api calls it: output i reads the input at i * scale, between the two pixels there. A picture that is reduced
 * strongly is so sampled rather than averaged; kept, because scores are to be the library's.
 */
import type { RgbImage } from '../../image/image.js';

/** A part of an image, in whole pixels inside it, with black after it and before it up to a square. */
export interface Square {
  /** Side of the square, pixels. */
  readonly side: number;
  /** Where the part lies in the image. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Black columns to its left and black rows above it. */
  readonly left: number;
  readonly top: number;
}

/** Network input for each channel: (level - mean) / scale. */
export interface Normalization {
  readonly mean: readonly [red: number, green: number, blue: number];
  readonly scale: number;
}

const CHANNELS = 3;

/**
 * Writes the square, resized and normalized, as planes CHW, RGB.
 *
 * @param size side of the network's input
 * @param out written from `offset`, 3 * size * size numbers
 */
export function resizeSquare(
  image: RgbImage,
  square: Square,
  size: number,
  { mean, scale }: Normalization,
  out: Float32Array,
  offset: number,
): void {
  const columns = taps(square.side, size, square.left, square.x, square.width);
  const rows = taps(square.side, size, square.top, square.y, square.height);
  const { data } = image;
  const stride = image.width * CHANNELS;
  const plane = size * size;
  for (let i = 0; i < size; i++) {
    const upper = rows.first[i] * stride;
    const lower = rows.second[i] * stride;
    const upperWeight = rows.firstWeight[i];
    const lowerWeight = rows.secondWeight[i];
    for (let j = 0; j < size; j++) {
      const left = columns.first[j] * CHANNELS;
      const right = columns.second[j] * CHANNELS;
      const leftWeight = columns.firstWeight[j];
      const rightWeight = columns.secondWeight[j];
      const at = offset + i * size + j;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const above =
          data[upper + left + channel] * leftWeight + data[upper + right + channel] * rightWeight;
        const below =
          data[lower + left + channel] * leftWeight + data[lower + right + channel] * rightWeight;
        const level = above * upperWeight + below * lowerWeight;
        out[at + channel * plane] = (level - mean[channel]) / scale;
      }
    }
  }
}

/** For each output the two pixels of the image it lies between, with weights; of black ones the weight is 0. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Float32Array;
  readonly secondWeight: Float32Array;
}

function taps(side: number, size: number, before: number, start: number, length: number): Taps {
  const first = new Int32Array(size);
  const second = new Int32Array(size);
  const firstWeight = new Float32Array(size);
  const secondWeight = new Float32Array(size);
  const scale = side / size;
  const isInside = (pixel: number) => pixel >= 0 && pixel < length;
  for (let i = 0; i < size; i++) {
    const position = i * scale;
    const whole = Math.floor(position);
    const fraction = position - whole;
    const pixel = whole - before;
    const next = Math.min(whole + 1, side - 1) - before;
    first[i] = start + (isInside(pixel) ? pixel : 0);
    second[i] = start + (isInside(next) ? next : 0);
    firstWeight[i] = isInside(pixel) ? 1 - fraction : 0;
    secondWeight[i] = isInside(next) ? fraction : 0;
  }
  return { first, second, firstWeight, secondWeight };
}
