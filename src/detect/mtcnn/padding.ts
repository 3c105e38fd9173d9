import type { RgbImage } from '../../image/image.js';
import { resizeWindows } from '../../image/resample/resample.js';
import type { Resizing } from '../../image/resample/window.js';

/**
 * A photograph seen as the middle of a black square, as the published script pads it. Nothing is copied:
 * the padding is a window that reaches beyond the image.
 */
export interface PaddedImage {
  readonly image: RgbImage;
  /** Side of the square, pixels. */
  readonly side: number;
  /** Black columns on the left, black rows on top; an odd one goes to the right or below. */
  readonly left: number;
  readonly top: number;
}

export function padToSquare(image: RgbImage): PaddedImage {
  const side = Math.max(image.width, image.height);
  return {
    image,
    side,
    left: Math.floor((side - image.width) / 2),
    top: Math.floor((side - image.height) / 2),
  };
}

/**
 * Windows of the padded square (black beyond it too), each resized to its size.
 *
 * @returns planes CHW RGB, 0..255, of each
 */
export function resizePadded(
  { image, left, top }: PaddedImage,
  resizings: readonly Resizing[],
): Generator<Uint8Array> {
  return resizeWindows(
    image,
    resizings.map(({ window, ...size }) => ({
      ...size,
      window: { ...window, x: window.x - left, y: window.y - top },
    })),
  );
}
