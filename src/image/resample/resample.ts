/**
 * Resizing as Pillow's `Image.resize(size, BILINEAR)` does it, to the bit: MTCNN's networks were trained
 * and are thresholded on pictures reduced that way, and other resamplers (libvips, ONNX `Resize`) differ
 * by up to 16 grey levels. Source: Pillow, src/libImaging/Resample.c, 8 bits per channel.
 *
 * The filter is a triangle, widened by the reduction factor (antialiasing). Rows are filtered first and
 * rounded to 8 bits, then columns. The sums are made in WebAssembly (kernel/resample.ts), a channel at a time.
 *
 * A triangle's sum over any number of pixels is the sum of two ramps, each of which running sums of the row
 * give in a few steps. That is how the rows of an image pyramid are filtered (ramps.ts, running-sums.ts): what
 * remains between those sums and Pillow's, which rounds each weight, is bounded, and only outputs within the
 * bound of a half, where it decides how they round, are summed tap by tap.
 */
import type { RgbImage } from '../image.js';
import { tapsBytes } from './kept-taps.js';
import { CHANNELS, SUMS, SUMS_BEYOND } from './kernel.js';
import {
  LEVEL_THINGS,
  type Level,
  levelFor,
  narrowedBytes,
  type PlacedLevel,
  place,
  resizedBytes,
} from './level.js';
import { filterBySums, planPasses } from './running-sums.js';
import type { Resizing } from './window.js';
import { Workspace } from './workspace.js';

/** Resizes whose results are in the memory together, bytes. */
const GROUP_BYTES = 2 ** 26;

/**
 * Windows of the image, each resized to its size. Much is shared among them: the running sums of rows that
 * several windows cover, as all levels of a pyramid do and most cut-outs of one face.
 *
 * @param bySums false: all levels are summed tap by tap, which gives the same and is slower (for tests)
 * @returns the resized pixels of each as planes, CHW RGB, 0..255
 */
export function* resizeWindows(
  image: RgbImage,
  resizings: readonly Resizing[],
  bySums = true,
): Generator<Uint8Array> {
  let group: Level[] = [];
  let room = GROUP_BYTES;
  for (const resizing of resizings) {
    const level = levelFor(image, resizing, bySums);
    const bytes = narrowedBytes(level) + resizedBytes(level);
    if (bytes > room) {
      yield* resizeLevels(image, group);
      group = [];
      room = GROUP_BYTES;
    }
    group.push(level);
    room -= bytes;
  }
  yield* resizeLevels(image, group);
}

function resizeLevels(image: RgbImage, levels: readonly Level[]): Uint8Array[] {
  if (levels.length === 0) return [];
  const sumsBytes = (image.width + SUMS_BEYOND) * SUMS;
  let bytes = sumsBytes;
  for (const level of levels) {
    bytes += tapsBytes(level.taps) + narrowedBytes(level) + resizedBytes(level);
  }
  const workspace = Workspace.for(image, bytes, 1 + levels.length * LEVEL_THINGS);
  const sums = workspace.reserve(sumsBytes);
  const placed = levels.map((level) => place(workspace, level));
  const there = placed.filter((level) => level !== undefined);
  const byTaps = there.filter(({ ramps }) => ramps === undefined);
  const passes = planPasses(there.filter(({ ramps }) => ramps !== undefined));
  for (let channel = 0; channel < CHANNELS; channel++) {
    const plane = workspace.plane(channel);
    for (const level of byTaps) filterByTaps(workspace, plane, image, level);
    for (const pass of passes) filterBySums(workspace, plane, image, pass, sums);
    for (const { narrowed, width, height, resized, rows } of there) {
      const target = resized + channel * width * height;
      workspace.kernel.filterColumns(narrowed, width, target, height, ...rows);
    }
  }
  return levels.map((level, i) => {
    const address = placed[i]?.resized;
    const size = resizedBytes(level);
    return address === undefined ? new Uint8Array(size) : workspace.read(address, size);
  });
}

function filterByTaps(
  { kernel }: Workspace,
  plane: number,
  image: RgbImage,
  { part, narrowed, width, columns }: PlacedLevel,
): void {
  const { left, top, bottom } = part;
  const source = plane + top * image.width + left;
  kernel.filterRows(source, image.width, bottom - top, narrowed, width, ...columns);
}
