/**
 * Which part of a level P-Net has to look at. A photograph is padded to a square, so a third of the levels of most is
 * padding; cells that see nothing else all have the score of a black picture. Where that is no face, they can be left
 * out, and the others have the values that they have in the whole level:
 * - P-Net's convolutions have no padding, so a cell depends on the 12 x 12 pixels it looks at and no others.
 * - Its pooling takes pairs of pixels from the left and the top on, so the part begins with an even pixel.
 * - The last cell of an odd side looks at one pixel less. The part then ends where the level ends.
 */
import type { PaddedImage } from './padding.js';

/** Side of P-Net's view, pixels of the scaled image; a face of this size fills it. */
export const VIEW = 12;
/** P-Net's outputs lie this far apart in the scaled image, pixels: the stride of its pooling. */
export const STRIDE = 2;

/** Pixels of a level in one direction. */
export interface Span {
  /** Even. */
  readonly start: number;
  readonly size: number;
}

export interface Part {
  readonly columns: Span;
  readonly rows: Span;
}

/** The part with all cells that see the photograph, of a level of `side` x `side` pixels. */
export function seenPart({ image, side: paddedSide, left, top }: PaddedImage, side: number): Part {
  const scale = paddedSide / side;
  return {
    columns: seenSpan(left, left + image.width, scale, side),
    rows: seenSpan(top, top + image.height, scale, side),
  };
}

/**
 * @param from, to where the photograph begins and ends, pixels of the padded image
 * @param scale pixels of the padded image for one of the level
 */
function seenSpan(from: number, to: number, scale: number, side: number): Span {
  // A pixel of the level is made of those that are nearer to its centre than this.
  const reach = Math.max(scale, 1);
  const first = Math.floor((from - reach) / scale - 0.5);
  const last = Math.ceil((to + reach) / scale - 0.5);
  const firstCell = Math.max(Math.ceil((first - VIEW + 1) / STRIDE), 0);
  const lastCell = Math.floor(last / STRIDE);
  const start = firstCell * STRIDE;
  return { start, size: Math.min(lastCell * STRIDE + VIEW, side) - start };
}
