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

function isEmpty({ left, right, top, bottom }: Content): boolean {
  return left >= right || top >= bottom;
}

/** A window and the size that it is to have. */
export interface Resizing extends Size {
  readonly window: Window;
}

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

/** One resizing, ready for the kernel. */
interface Level extends Size {
  /** The part of the image that is resized, pixels of the image; undefined where there is none. */
  readonly part: Content | undefined;
  readonly taps: WindowTaps;
}

interface WindowTaps {
  readonly columns: Taps;
  readonly rows: Taps;
}

function levelFor(image: RgbImage, { window, width, height }: Resizing, bySums: boolean): Level {
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

/** Bytes of taps that are kept: those of the pyramids of some fifty sizes of photographs, and of cut-outs. */
const KEPT_TAPS_BYTES = 2 ** 25;
/** By what they are for; all are dropped when there is no room for another. */
const keptTaps = new Map<string, WindowTaps>();
let keptBytes = 0;

/** The taps of a size, for running sums where these fit; kept, as many windows have the same size. */
function tapsFor(
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

/**
 * Bytes of a channel whose rows have been filtered. Rows go in fours that begin anywhere, so up to three more
 * are written before and behind; and the last row may be read with its partner of weight 0, a row below it.
 */
function narrowedBytes({ part, width }: Level): number {
  return part === undefined ? 0 : (part.bottom - part.top + 2 * SUMMED_ROWS) * width;
}

function resizedBytes({ width, height }: Size): number {
  return CHANNELS * width * height;
}

/** A level whose taps and results have addresses in the kernel's memory. */
interface PlacedLevel extends Size {
  readonly part: Content;
  readonly columns: TapArguments;
  readonly rows: TapArguments;
  /** undefined where rows are filtered tap by tap. */
  readonly ramps: number | undefined;
  readonly narrowed: number;
  readonly resized: number;
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

function place(workspace: Workspace, level: Level): PlacedLevel | undefined {
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

/** Rows of the image from `y` on that are summed together, and the levels that they are part of. */
interface Pass {
  readonly y: number;
  /** What of the rows the levels cover, without a gap; pixels of the image. */
  readonly left: number;
  right: number;
  readonly levels: PlacedLevel[];
}

/** One pass after the other over the rows that the levels cover. */
function planPasses(levels: readonly PlacedLevel[]): Pass[] {
  const fromLeft = levels.toSorted((a, b) => a.part.left - b.part.left);
  const end = Math.max(...levels.map(({ part }) => part.bottom));
  const passes: Pass[] = [];
  for (let y = Math.min(...levels.map(({ part }) => part.top)); y < end; y += SUMMED_ROWS) {
    let pass: Pass | undefined;
    for (const level of fromLeft) {
      const { left, right, top, bottom } = level.part;
      if (top >= y + SUMMED_ROWS || bottom <= y) continue;
      if (pass === undefined || left > pass.right) {
        pass = { y, left, right, levels: [] };
        passes.push(pass);
      }
      pass.right = Math.max(pass.right, right);
      pass.levels.push(level);
    }
  }
  return passes;
}

/** Filters the rows of the levels of a pass in one channel. */
function filterBySums(
  { kernel }: Workspace,
  plane: number,
  image: RgbImage,
  { y, left, right, levels }: Pass,
  sums: number,
): void {
  const stride = image.width;
  const row = plane + y * stride;
  const count = Math.min(SUMMED_ROWS, image.height - y);
  kernel.sumRows(row + left, stride, count, right - left, sums);
  for (const { part, narrowed, width, columns, ramps } of levels) {
    kernel.filterSums(
      sums + (part.left - left) * SUMS,
      row + part.left,
      stride,
      count,
      narrowed + (y - part.top) * width,
      width,
      ramps as number,
      ...columns,
    );
  }
}

function tapsBytes({ columns, rows }: WindowTaps): number {
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
