/**
 * Resizing as Pillow's `Image.resize(size, BILINEAR)` does it, to the bit: MTCNN's networks were trained
 * and are thresholded on pictures reduced that way, and other resamplers (libvips, ONNX `Resize`) differ
 * by up to 16 grey levels. Source: Pillow, src/libImaging/Resample.c, 8 bits per channel.
 *
 * The filter is a triangle, widened by the reduction factor (antialiasing). Rows are filtered first and
 * rounded to 8 bits, then columns. The sums are made in WebAssembly (kernel/resample.ts), a channel at a time.
 *
 * A triangle's sum over any number of pixels is the sum of two ramps, each of which running sums of the row
 * give in a few steps. That is how the rows of an image pyramid are filtered (`Ramps`): what remains between
 * those sums and Pillow's, which rounds each weight, is bounded, and only outputs within the bound of a half,
 * where it decides how they round, are summed tap by tap.
 */
import { readFileSync } from 'node:fs';
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

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pillow's fixed point: weights are integers with this many fractional bits (PRECISION_BITS). */
const WEIGHT_ONE = 2 ** 22;
/** The kernel takes a weight as its low bits and the rest, each an i16. */
const LOW_BITS = 11;
const LOW_MASK = 2 ** LOW_BITS - 1;
/** Taps that the kernel takes at once: pixels of a row, rows of a column. */
const ROW_BLOCK = 8;
const COLUMN_BLOCK = 2;
const CHANNELS = 3;
const LEVEL_MAX = 255;

/**
 * The taps of one axis; output i adds up blocks[i] blocks of the input from first[i] on, counted from where
 * the image begins in the window.
 */
interface Taps {
  readonly first: Int32Array;
  readonly blocks: Int32Array;
  /** For each output its blocks, each the low parts of the weights, then the high parts. */
  readonly weights: Int16Array;
  /** Bytes of weights an output. */
  readonly stride: number;
  /** The same as `Ramps`, if they are for the kernel's running sums. */
  readonly ramps: Uint8Array | undefined;
}

/** Rows that the kernel makes running sums of at once, bytes of these a column, and columns beyond the last. */
const SUMMED_ROWS = 4;
const SUMS = 16;
const SUMS_BEYOND = 9;
/**
 * Longest side of a triangle, in pixels, for the kernel's running sums: two ramps over as many white pixels
 * add up to less than 255 * 2900^2 < 2^31. They may wrap around on the way, so an image may have any width.
 */
const RAMP_MAX = 2900;
/** Numbers of an output in `Ramps`, each of 4 bytes. */
const RAMP_NUMBERS = 8;
/**
 * Bound of the kernel's rounding errors: a level goes through at most six float32 operations and constants,
 * all of which are positive, 6 * 2^-24 * 255 < 2^-13; the rest is for the float64 operations here.
 */
const FLOAT_ERROR = 2 ** -13;

/**
 * The taps of one axis as ramps, constants of an output for the kernel. The triangle has the weights
 * (t + 0.5 - center + s) / (s n) on its rising side, start <= t < middle, and (center + s - t - 0.5) / (s n) on
 * the falling one, middle <= t < end, where s is the length of a side and n normalizes. With p for the pixels,
 *
 *   output = (sum over rising (t - start) p + sum over falling (end - 1 - t) p
 *             + a * sum over rising p + b * sum over falling p) / (s n)
 *   a = start + 0.5 - center + s, b = center + s + 0.5 - end,
 *
 * and the first two sums are, with single sums S and double sums D,
 *
 *   D[start + 1] - 2 D[middle] + D[end] - (start + 1 - 2 middle + end) S[middle].
 *
 * Pillow's output has the weights rounded. It differs by at most 255 times the sum of what was added to
 * weights, or of what was taken away, whichever is more; with FLOAT_ERROR that is `error`.
 */
class Ramps {
  readonly bytes: Uint8Array;
  private readonly integers: Int32Array;
  private readonly floats: Float32Array;

  constructor(outputs: number) {
    const numbers = new ArrayBuffer(outputs * RAMP_NUMBERS * 4);
    this.bytes = new Uint8Array(numbers);
    this.integers = new Int32Array(numbers);
    this.floats = new Float32Array(numbers);
  }

  /**
   * @param start, end the taps, `center` the triangle's, all in pixels from the same origin
   * @param side length of a side of the triangle
   * @param norm what all weights add up to before they are normalized
   * @param error most that the output may differ
   */
  set(
    output: number,
    start: number,
    end: number,
    center: number,
    side: number,
    norm: number,
    error: number,
  ): void {
    const middle = Math.min(Math.max(Math.ceil(center - 0.5), start), end);
    const { integers, floats } = this;
    const at = output * RAMP_NUMBERS;
    integers[at] = start * SUMS;
    integers[at + 1] = middle * SUMS;
    integers[at + 2] = end * SUMS;
    integers[at + 3] = start + 1 - 2 * middle + end;
    floats[at + 4] = Math.max(start + 0.5 - center + side, 0);
    floats[at + 5] = Math.max(center + side + 0.5 - end, 0);
    floats[at + 6] = 1 / (side * norm);
    // A level is sure if it is no farther than this from the integer nearest to it.
    floats[at + 7] = 0.5 - error;
  }
}

/**
 * @param inputSize length of the window along the axis, pixels
 * @param contentStart, contentEnd the part of the window that the image covers: taps outside read black
 *   and are dropped, after the weights have been normalized over all of them
 * @param block taps a block; the last one is filled up with weights of 0
 * @param ramps filled with the same taps
 */
function bilinearTaps(
  inputSize: number,
  outputSize: number,
  contentStart: number,
  contentEnd: number,
  block: number,
  ramps?: Ramps,
): Taps {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = filterScale;
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
    let sum = 0;
    for (let t = start; t < end; t++) {
      const weight = Math.max(1 - Math.abs((t - center + 0.5) * (1 / filterScale)), 0);
      exact[t - start] = weight;
      sum += weight;
    }
    const norm = sum === 0 ? 1 : sum;
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

/** The part of a window that the image covers, in pixels of the window. */
interface Content {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function contentOf(image: RgbImage, window: Window): Content {
  return {
    left: Math.max(-window.x, 0),
    right: Math.min(image.width - window.x, window.width),
    top: Math.max(-window.y, 0),
    bottom: Math.min(image.height - window.y, window.height),
  };
}

/** One of the sizes that a window is resized to. */
interface Level extends Size {
  readonly columns: Taps;
  readonly rows: Taps;
}

/**
 * The window of the image, resized to width x height.
 *
 * @returns the resized pixels as planes, CHW RGB, 0..255
 */
export function resizeWindow(
  image: RgbImage,
  window: Window,
  width: number,
  height: number,
): Uint8Array {
  const content = contentOf(image, window);
  if (isEmpty(content)) return new Uint8Array(CHANNELS * width * height);
  const { left, right, top, bottom } = content;
  const columns = bilinearTaps(window.width, width, left, right, ROW_BLOCK);
  const rows = bilinearTaps(window.height, height, top, bottom, COLUMN_BLOCK);
  return resizeContent(image, window, content, [{ width, height, columns, rows }])[0];
}

/**
 * The window of the image, resized to each of the sizes: to the bit what `resizeWindow` gives, but much
 * faster if it is large and the sizes are several, as in an image pyramid.
 */
export function* resizeWindowToSizes(
  image: RgbImage,
  window: Window,
  sizes: readonly Size[],
): Generator<Uint8Array> {
  const content = contentOf(image, window);
  if (isEmpty(content)) {
    for (const { width, height } of sizes) yield new Uint8Array(CHANNELS * width * height);
    return;
  }
  for (const group of inGroups(sizes, content)) {
    const levels = group.map((size) => levelFor(window, content, size));
    yield* resizeContent(image, window, content, levels);
  }
}

/** Bytes of taps that are kept: those of the pyramids of some fifty sizes of photographs. */
const KEPT_LEVELS_BYTES = 2 ** 24;
/** By what they are for; all are dropped when there is no room for another. */
const keptLevels = new Map<string, Level>();
let keptBytes = 0;

/** The taps of a size, for running sums where these fit; kept, as many photographs have the same size. */
function levelFor(window: Window, content: Content, { width, height }: Size): Level {
  const { left, right, top, bottom } = content;
  const key = [window.width, window.height, width, height, left, right, top, bottom].join();
  const kept = keptLevels.get(key);
  if (kept !== undefined) return kept;
  const fits = window.width / width < RAMP_MAX - 1;
  const ramps = fits ? new Ramps(width) : undefined;
  const columns = bilinearTaps(window.width, width, left, right, ROW_BLOCK, ramps);
  const rows = bilinearTaps(window.height, height, top, bottom, COLUMN_BLOCK);
  const level = { width, height, columns, rows };
  const bytes = tapsBytes(level);
  if (keptBytes + bytes > KEPT_LEVELS_BYTES) {
    keptLevels.clear();
    keptBytes = 0;
  }
  if (bytes <= KEPT_LEVELS_BYTES) {
    keptLevels.set(key, level);
    keptBytes += bytes;
  }
  return level;
}

function isEmpty({ left, right, top, bottom }: Content): boolean {
  return left >= right || top >= bottom;
}

/** Bytes of what is made of an image at once. */
const GROUP_BYTES = 2 ** 26;

/** The sizes in groups that are made at once: few enough that memory stays that of the largest one. */
function inGroups(sizes: readonly Size[], content: Content): Size[][] {
  const groups: Size[][] = [];
  let room = 0;
  for (const size of sizes) {
    const bytes = narrowedBytes(content, size) + resizedBytes(size);
    if (bytes > room) {
      groups.push([]);
      room = GROUP_BYTES;
    }
    groups[groups.length - 1].push(size);
    room -= bytes;
  }
  return groups;
}

/** Bytes of a channel whose rows have been filtered. */
function narrowedBytes({ top, bottom }: Content, { width }: Size): number {
  // The last row may be read with its partner of weight 0, a row below it.
  return (bottom - top + 1) * width;
}

function resizedBytes({ width, height }: Size): number {
  return CHANNELS * width * height;
}

function resizeContent(
  image: RgbImage,
  window: Window,
  content: Content,
  levels: readonly Level[],
): Uint8Array[] {
  const columns = content.right - content.left;
  const rows = content.bottom - content.top;
  const sumsBytes = (columns + SUMS_BEYOND) * SUMS;
  let bytes = sumsBytes;
  for (const level of levels) {
    bytes += tapsBytes(level) + narrowedBytes(content, level) + resizedBytes(level);
  }
  const workspace = Workspace.for(image, bytes, 1 + levels.length * LEVEL_THINGS);
  const { kernel } = workspace;
  const sums = workspace.reserve(sumsBytes);
  const placed = levels.map((level) => ({
    ...level,
    columns: workspace.putTaps(level.columns),
    rows: workspace.putTaps(level.rows),
    ramps: level.columns.ramps && workspace.put(level.columns.ramps),
    narrowed: workspace.reserve(narrowedBytes(content, level)),
    resized: workspace.reserve(resizedBytes(level)),
  }));
  const summing = placed.some(({ ramps }) => ramps !== undefined);
  const stride = image.width;
  const start = (content.top + window.y) * stride + content.left + window.x;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const source = workspace.plane(channel) + start;
    for (const { narrowed, width, columns, ramps } of placed) {
      if (ramps === undefined) {
        kernel.filterRows(source, stride, rows, narrowed, width, ...columns);
      }
    }
    for (let y = 0; summing && y < rows; y += SUMMED_ROWS) {
      const row = source + y * stride;
      const count = Math.min(SUMMED_ROWS, rows - y);
      kernel.sumRows(row, stride, count, columns, sums);
      for (const { narrowed, width, columns, ramps } of placed) {
        if (ramps !== undefined) {
          const target = narrowed + y * width;
          kernel.filterSums(sums, row, stride, count, target, width, ramps, ...columns);
        }
      }
    }
    for (const { narrowed, width, height, resized, rows } of placed) {
      const target = resized + channel * width * height;
      kernel.filterColumns(narrowed, width, target, height, ...rows);
    }
  }
  return placed.map((level) => workspace.read(level.resized, resizedBytes(level)));
}

function tapsBytes({ columns, rows }: Level): number {
  return arrayBytes(columns) + arrayBytes(rows);
}

function arrayBytes({ first, blocks, weights, ramps }: Taps): number {
  return first.byteLength + blocks.byteLength + weights.byteLength + (ramps?.byteLength ?? 0);
}

/** Arguments `first, blocks, weights, weightStride` of the kernel's functions. */
type TapArguments = [first: number, blocks: number, weights: number, stride: number];

interface Kernel {
  splitChannels(source: number, pixels: number, target: number, planeSize: number): void;
  filterRows(
    source: number,
    sourceStride: number,
    rows: number,
    target: number,
    width: number,
    ...taps: TapArguments
  ): void;
  sumRows(source: number, sourceStride: number, rows: number, columns: number, sums: number): void;
  filterSums(
    sums: number,
    source: number,
    sourceStride: number,
    rows: number,
    target: number,
    width: number,
    ramps: number,
    ...taps: TapArguments
  ): void;
  filterColumns(
    source: number,
    width: number,
    target: number,
    height: number,
    ...taps: TapArguments
  ): void;
}

const PAGE = 65536;
const ALIGNMENT = 16;
/** Of each thing in the memory: its alignment, and the few bytes that the kernel may touch beyond its end. */
const SLACK = 2 * ALIGNMENT;
/** Things of one level: two taps of three arrays each, ramps and two planes. */
const LEVEL_THINGS = 9;
/** A memory larger than this (bytes) is given back when it is much larger than needed. */
const KEPT = 2 ** 28;
/** Pixels that are split into channels at once. */
const SPLIT_STEP = 2 ** 20;

/**
 * The kernel's memory: the planes of the image, copied in when another one comes, and behind them the taps
 * and results of one resizing. The image stays for the next: a photograph is resized some hundred times.
 */
class Workspace {
  private static module: WebAssembly.Module | undefined;
  private static current: Workspace | undefined;

  readonly kernel: Kernel;
  private readonly memory: WebAssembly.Memory;
  private loaded: RgbImage | undefined;
  private planeSize = 0;
  private end = ALIGNMENT;

  private constructor(bytes: number) {
    Workspace.module ??= new WebAssembly.Module(
      readFileSync(new URL('resample.wasm', import.meta.url)),
    );
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    const { exports } = new WebAssembly.Instance(Workspace.module, {
      env: { memory: this.memory },
    });
    this.kernel = exports as unknown as Kernel;
  }

  /** The memory with the image in it and room for so many things of so many bytes together. */
  static for(image: RgbImage, bytes: number, things: number): Workspace {
    const planeSize = align(image.width * image.height + SLACK);
    const room = Math.max(bytes + things * SLACK, CHANNELS * SPLIT_STEP + SLACK);
    const needed = ALIGNMENT + CHANNELS * planeSize + room;
    let workspace = Workspace.current;
    const size = workspace?.memory.buffer.byteLength ?? 0;
    if (workspace === undefined || (size > KEPT && size > 4 * needed)) {
      workspace = new Workspace(needed);
      Workspace.current = workspace;
    } else if (size < needed) {
      workspace.memory.grow(Math.ceil((needed - size) / PAGE));
    }
    if (workspace.loaded !== image) workspace.load(image, planeSize);
    workspace.end = workspace.plane(CHANNELS);
    return workspace;
  }

  /** Address of a channel's plane. */
  plane(channel: number): number {
    return ALIGNMENT + channel * this.planeSize;
  }

  /** Address of `bytes` bytes that nothing else uses until the next resizing. */
  reserve(bytes: number): number {
    const address = this.end;
    this.end = align(address + bytes + ALIGNMENT);
    return address;
  }

  putTaps({ first, blocks, weights, stride }: Taps): TapArguments {
    return [this.put(first), this.put(blocks), this.put(weights), stride];
  }

  /** Address of a copy of the numbers. */
  put(numbers: Int32Array | Int16Array | Uint8Array): number {
    const address = this.reserve(numbers.byteLength);
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    new Uint8Array(this.memory.buffer).set(bytes, address);
    return address;
  }

  /** A copy of the bytes at an address. */
  read(address: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, bytes).slice();
  }

  private load(image: RgbImage, planeSize: number): void {
    this.planeSize = planeSize;
    const interleaved = this.plane(CHANNELS);
    const bytes = new Uint8Array(this.memory.buffer);
    const pixels = image.width * image.height;
    for (let from = 0; from < pixels; from += SPLIT_STEP) {
      const count = Math.min(SPLIT_STEP, pixels - from);
      bytes.set(image.data.subarray(from * CHANNELS, (from + count) * CHANNELS), interleaved);
      this.kernel.splitChannels(interleaved, count, this.plane(0) + from, planeSize);
    }
    this.loaded = image;
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
