import type { RgbImage } from '../image.js';

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

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A window and the size that it is to have. */
export interface Resizing extends Size {
  readonly window: Window;
}

/** The part of a window that the image covers, in pixels of the window. */
export interface Content {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function contentOf(image: RgbImage, window: Window): Content {
  return {
    left: Math.max(-window.x, 0),
    right: Math.min(image.width - window.x, window.width),
    top: Math.max(-window.y, 0),
    bottom: Math.min(image.height - window.y, window.height),
  };
}

export function isEmpty({ left, right, top, bottom }: Content): boolean {
  return left >= right || top >= bottom;
}
