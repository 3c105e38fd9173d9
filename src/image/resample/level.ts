/** One resizing, from what is asked to what the kernel works on. */
import type { RgbImage } from '../image.js';
import { tapsFor, type WindowTaps } from './kept-taps.js';
import { CHANNELS, SUMMED_ROWS, type TapArguments } from './kernel.js';
import { type Content, contentOf, isEmpty, type Resizing, type Size } from './window.js';
import type { Workspace } from './workspace.js';

/** One resizing, ready for the kernel. */
export interface Level extends Size {
  /** The part of the image that is resized, pixels of the image; undefined where there is none. */
  readonly part: Content | undefined;
  readonly taps: WindowTaps;
}

export function levelFor(
  image: RgbImage,
  { window, width, height }: Resizing,
  bySums: boolean,
): Level {
  const content = contentOf(image, window);
  const { left, right, top, bottom } = content;
  const part = {
    left: window.x + left,
    right: window.x + right,
    top: window.y + top,
    bottom: window.y + bottom,
  };
  const taps = tapsFor(window, content, { width, height }, bySums);
  return { width, height, taps, part: isEmpty(content) ? undefined : part };
}

/**
 * Bytes of a channel whose rows have been filtered. Rows go in fours that begin anywhere, so up to three more
 * are written before and behind; and the last row may be read with its partner of weight 0, a row below it.
 */
export function narrowedBytes({ part, width }: Level): number {
  return part === undefined ? 0 : (part.bottom - part.top + 2 * SUMMED_ROWS) * width;
}

export function resizedBytes({ width, height }: Size): number {
  return CHANNELS * width * height;
}

/** Things of one level: two taps of three arrays each, ramps and two planes. */
export const LEVEL_THINGS = 9;

/** A level whose taps and results have addresses in the kernel's memory. */
export interface PlacedLevel extends Size {
  readonly part: Content;
  readonly columns: TapArguments;
  readonly rows: TapArguments;
  /** undefined where rows are filtered tap by tap. */
  readonly ramps: number | undefined;
  readonly narrowed: number;
  readonly resized: number;
}

export function place(workspace: Workspace, level: Level): PlacedLevel | undefined {
  const { part, taps, width, height } = level;
  if (part === undefined) return undefined;
  const { ramps } = taps.columns;
  return {
    part,
    width,
    height,
    columns: workspace.putTaps(taps.columns),
    rows: workspace.putTaps(taps.rows),
    ramps: ramps && workspace.put(ramps),
    narrowed: workspace.reserve(narrowedBytes(level)) + SUMMED_ROWS * width,
    resized: workspace.reserve(resizedBytes(level)),
  };
}
