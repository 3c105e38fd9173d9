/**
 * Resizing as Pillow's `Image.resize(size, BILINEAR)` does it, to the bit: MTCNN's networks were trained
 * and are thresholded on pictures reduced that way, and other resamplers (libvips, ONNX `Resize`) differ
 * by up to 16 grey levels. Source: Pillow, src/libImaging/Resample.c, 8 bits per channel.
 *
 * The filter is a triangle, widened by the reduction factor (antialiasing). Rows are filtered first and
 * rounded to 8 bits, then columns. The sums are made in WebAssembly (kernel/resample.ts), a channel at a time.
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

/** Pillow's fixed point: weights are integers with this many fractional bits (PRECISION_BITS). */
const WEIGHT_ONE = 2 ** 22;
/** The kernel takes a weight as its low bits and the rest, each an i16. */
const LOW_BITS = 11;
const LOW_MASK = 2 ** LOW_BITS - 1;
/** Taps that the kernel takes at once: pixels of a row, rows of a column. */
const ROW_BLOCK = 8;
const COLUMN_BLOCK = 2;
const CHANNELS = 3;

/** The taps of one axis; output i adds up blocks[i] blocks of the input from first[i] on. */
interface Taps {
  readonly first: Int32Array;
  readonly blocks: Int32Array;
  /** For each output its blocks, each the low parts of the weights, then the high parts. */
  readonly weights: Int16Array;
  /** Bytes of weights an output. */
  readonly stride: number;
}

/**
 * @param inputSize length of the window along the axis, pixels
 * @param contentStart, contentEnd the part of the window that the image covers: taps outside read black
 *   and are dropped, after the weights have been normalized over all of them
 * @param block taps a block; the last one is filled up with weights of 0
 */
function bilinearTaps(
  inputSize: number,
  outputSize: number,
  contentStart: number,
  contentEnd: number,
  block: number,
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
    const from = Math.max(start, contentStart);
    const to = Math.min(end, contentEnd);
    first[i] = from;
    blocks[i] = Math.ceil(Math.max(to - from, 0) / block);
    for (let t = from; t < to; t++) {
      const share = sum === 0 ? exact[t - start] : exact[t - start] / sum;
      const weight = Math.trunc(0.5 + share * WEIGHT_ONE);
      const inBlock = (t - from) % block;
      const low = (i * mostBlocks * block + (t - from - inBlock)) * 2 + inBlock;
      weights[low] = weight & LOW_MASK;
      weights[low + block] = weight >> LOW_BITS;
    }
  }
  return { first, blocks, weights, stride: mostBlocks * block * 2 * weights.BYTES_PER_ELEMENT };
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
  const left = Math.max(-window.x, 0);
  const right = Math.min(image.width - window.x, window.width);
  const top = Math.max(-window.y, 0);
  const bottom = Math.min(image.height - window.y, window.height);
  const planeSize = width * height;
  if (left >= right || top >= bottom) return new Uint8Array(CHANNELS * planeSize);

  const columns = bilinearTaps(window.width, width, left, right, ROW_BLOCK);
  const rows = bilinearTaps(window.height, height, top, bottom, COLUMN_BLOCK);
  // The kernel counts taps from the image's left end, and rows from `top`.
  for (let i = 0; i < width; i++) columns.first[i] += window.x;
  for (let i = 0; i < height; i++) rows.first[i] -= top;

  const contentRows = bottom - top;
  // The last row may be read with its partner of weight 0, a row below it.
  const narrowedSize = (contentRows + 1) * width;
  const resizedSize = CHANNELS * planeSize;
  const workspace = Workspace.for(
    image,
    bytesOf(columns) + bytesOf(rows) + narrowedSize + resizedSize,
  );
  const columnTaps = workspace.putTaps(columns);
  const rowTaps = workspace.putTaps(rows);
  const narrowed = workspace.reserve(narrowedSize);
  const resized = workspace.reserve(resizedSize);
  const { kernel } = workspace;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const source = workspace.plane(channel) + (top + window.y) * image.width;
    kernel.filterRows(source, image.width, contentRows, narrowed, width, ...columnTaps);
    kernel.filterColumns(narrowed, width, resized + channel * planeSize, height, ...rowTaps);
  }
  return workspace.read(resized, resizedSize);
}

function bytesOf({ first, blocks, weights }: Taps): number {
  return first.byteLength + blocks.byteLength + weights.byteLength;
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
/** Things of one resizing: two taps of three arrays each, and two planes. */
const THINGS = 8;
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

  /** The memory with the image in it and room for `bytes` more. */
  static for(image: RgbImage, bytes: number): Workspace {
    const planeSize = align(image.width * image.height + SLACK);
    const stepSize = CHANNELS * SPLIT_STEP;
    const needed = ALIGNMENT + CHANNELS * planeSize + Math.max(bytes, stepSize) + THINGS * SLACK;
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

  private put(numbers: Int32Array | Int16Array): number {
    const address = this.reserve(numbers.byteLength);
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    new Uint8Array(this.memory.buffer).set(bytes, address);
    return address;
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
