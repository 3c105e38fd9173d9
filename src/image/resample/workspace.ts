import type { RgbImage } from '../image.js';
import { CHANNELS, type Kernel, kernelOn, type TapArguments } from './kernel.js';
import type { Taps } from './taps.js';

const PAGE = 65536;
const ALIGNMENT = 16;
/** Of each thing in the memory: its alignment, and the few bytes that the kernel may touch beyond its end. */
const SLACK = 2 * ALIGNMENT;
/** A memory larger than this (bytes) is given back when it is much larger than needed. */
const KEPT = 2 ** 28;
/** Pixels that are split into channels at once. */
const SPLIT_STEP = 2 ** 20;

/**
 * The kernel's memory: the planes of the image, copied in when another one comes, and behind them the taps
 * and results of one resizing. The image stays for the next: a photograph is resized some hundred times.
 */
export class Workspace {
  private static current: Workspace | undefined;

  readonly kernel: Kernel;
  private readonly memory: WebAssembly.Memory;
  private loaded: RgbImage | undefined;
  private planeSize = 0;
  private end = ALIGNMENT;

  private constructor(bytes: number) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    this.kernel = kernelOn(this.memory);
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
