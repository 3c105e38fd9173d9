import type { RgbImage } from '../../image/image.js';
import { resizeWindow, resizeWindowToSizes, type Window } from '../../image/resample.js';

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

/** A window of the padded square (black beyond it too), resized. Planes CHW RGB, 0..255. */
export function resizePadded(
  { image, left, top }: PaddedImage,
  window: Window,
  width: number,
  height: number,
): Uint8Array {
  return resizeWindow(image, { ...window, x: window.x - left, y: window.y - top }, width, height);
}

/** The whole padded square, resized to squares of these sides; planes CHW RGB, 0..255. */
export function resizeWhole(
  { image, side, left, top }: PaddedImage,
  sides: readonly number[],
): Generator<Uint8Array> {
  const whole = { x: -left, y: -top, width: side, height: side };
  const sizes = sides.map((side) => ({ width: side, height: side }));
  return resizeWindowToSizes(image, whole, sizes);
}
