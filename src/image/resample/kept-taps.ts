import { RAMP_MAX, Ramps } from './ramps.js';
import { arrayBytes, bilinearTaps, COLUMN_BLOCK, ROW_BLOCK, type Taps } from './taps.js';
import type { Content, Size, Window } from './window.js';

export interface WindowTaps {
  readonly columns: Taps;
  readonly rows: Taps;
}

/** Bytes of taps that are kept: those of the pyramids of some fifty sizes of photographs, and of cut-outs. */
const KEPT_TAPS_BYTES = 2 ** 25;
/** By what they are for; all are dropped when there is no room for another. */
const keptTaps = new Map<string, WindowTaps>();
let keptBytes = 0;

/** The taps of a size, for running sums where these fit; kept, as many windows have the same size. */
export function tapsFor(
  window: Window,
  { left, right, top, bottom }: Content,
  { width, height }: Size,
  bySums: boolean,
): WindowTaps {
  const key = [window.width, window.height, width, height, left, right, top, bottom, bySums].join();
  const kept = keptTaps.get(key);
  if (kept !== undefined) return kept;
  const fits = bySums && window.width / width < RAMP_MAX - 1;
  const ramps = fits ? new Ramps(width) : undefined;
  const taps = {
    columns: bilinearTaps(window.width, width, left, right, ROW_BLOCK, ramps),
    rows: bilinearTaps(window.height, height, top, bottom, COLUMN_BLOCK),
  };
  const bytes = tapsBytes(taps);
  if (keptBytes + bytes > KEPT_TAPS_BYTES) {
    keptTaps.clear();
    keptBytes = 0;
  }
  if (bytes <= KEPT_TAPS_BYTES) {
    keptTaps.set(key, taps);
    keptBytes += bytes;
  }
  return taps;
}

export function tapsBytes({ columns, rows }: WindowTaps): number {
  return arrayBytes(columns) + arrayBytes(rows);
}
