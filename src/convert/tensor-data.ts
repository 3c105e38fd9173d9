import { halfToFloat } from './float16.js';

/** Numbers of a tensor: float64 only where the file has float64, since everything else fits float32. */
export type TensorData = Float32Array | Float64Array;

/** How the elements of a storage are written, little-endian. */
export interface ElementType {
  readonly bytes: number;
  /** The elements of `bytes`, whose length is a multiple of the element's. May share its memory. */
  decode(bytes: Uint8Array): TensorData;
}

type TypedArrayConstructor<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/*
 * Typed arrays use the machine's byte order. Every machine that ONNX Runtime has a Node.js build
 * for is little-endian, as are the files.
 */
function viewAs<T>(bytes: Uint8Array, size: number, type: TypedArrayConstructor<T>): T {
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new type(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

export const ELEMENT_TYPES = {
  float32: { bytes: 4, decode: (bytes) => viewAs(bytes, 4, Float32Array) },
  float64: { bytes: 8, decode: (bytes) => viewAs(bytes, 8, Float64Array) },
  float16: { bytes: 2, decode: (bytes) => halfToFloat(viewAs(bytes, 2, Uint16Array)) },
  bfloat16: { bytes: 2, decode: (bytes) => brainToFloat(viewAs(bytes, 2, Uint16Array)) },
  int64: { bytes: 8, decode: (bytes) => bigToFloat(viewAs(bytes, 8, BigInt64Array)) },
  int32: { bytes: 4, decode: (bytes) => Float64Array.from(viewAs(bytes, 4, Int32Array)) },
  int16: { bytes: 2, decode: (bytes) => Float32Array.from(viewAs(bytes, 2, Int16Array)) },
  int8: { bytes: 1, decode: (bytes) => Float32Array.from(viewAs(bytes, 1, Int8Array)) },
  uint8: { bytes: 1, decode: (bytes) => Float32Array.from(bytes) },
  bool: { bytes: 1, decode: (bytes) => Float32Array.from(bytes) },
} as const satisfies Record<string, ElementType>;

/** bfloat16 is the upper half of a float32. */
function brainToFloat(values: Uint16Array): Float32Array {
  const bits = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = values[i] << 16;
  return new Float32Array(bits.buffer);
}

function bigToFloat(values: BigInt64Array): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i]);
  return numbers;
}

/** How many elements a shape has. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The strides, in elements, of a tensor whose last axis runs fastest. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/**
 * The elements of a strided view in row-major order: element (i, j, …) is at
 * i * strides[0] + j * strides[1] + … of `values`, which the caller has checked to hold them all.
 */
export function gather(
  values: TensorData,
  shape: readonly number[],
  strides: readonly number[],
): TensorData {
  const count = elementCount(shape);
  const contiguous = rowMajorStrides(shape);
  if (shape.every((size, axis) => size === 1 || strides[axis] === contiguous[axis])) {
    return values.subarray(0, count);
  }
  const result = values instanceof Float64Array ? new Float64Array(count) : new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < count; i++) {
    result[i] = values[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
