/** The functions of kernel/resample.ts, which `npm run build` compiles to WebAssembly. */
import { readFileSync } from 'node:fs';

export const CHANNELS = 3;

/** Rows that the kernel makes running sums of at once, bytes of these a column, and columns beyond the last. */
export const SUMMED_ROWS = 4;
export const SUMS = 16;
export const SUMS_BEYOND = 9;

/** Arguments `first, blocks, weights, weightStride` of the kernel's functions. */
export type TapArguments = [first: number, blocks: number, weights: number, stride: number];

export interface Kernel {
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

let compiled: WebAssembly.Module | undefined;

/** The kernel, working on a memory. It is compiled once. */
export function kernelOn(memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('resample.wasm', import.meta.url)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return exports as unknown as Kernel;
}
