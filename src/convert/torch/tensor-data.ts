import { halfToFloat } from '../onnx/float16.js';

/** Numbers of a tensor: float64 only where the file has float64, since everything else fits float32. */
export type TensorData = Float32Array | Float64Array;

/** How the elements of a storage are written, little-endian. */
export interface ElementType {
  readonly bytes: number;
  /**
   * The elements of a strided view (see `gather`) of `bytes`, whose length is a multiple of the element's.
   * May share its memory.
   */
  decode(bytes: Uint8Array, shape: readonly number[], strides: readonly number[]): TensorData;
}

type Elements =
  | TensorData
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | BigInt64Array;

type TypedArrayConstructor<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/*
 * Typed arrays use the machine's byte order. Every machine that ONNX Runtime has a Node.js build
 * for is little-endian, as are the files.
 */
function viewAs<T>(bytes: Uint8Array, size: number, type: TypedArrayConstructor<T>): T {
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new type(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

/** Gathers before it converts: a view of few elements far apart costs no more than those few. */
function elements<T extends Elements>(
  bytes: number,
  type: TypedArrayConstructor<T>,
  toNumbers: (values: T) => TensorData,
): ElementType {
  return {
    bytes,
    decode: (data, shape, strides) => toNumbers(gather(viewAs(data, bytes, type), shape, strides)),
  };
}

export const ELEMENT_TYPES = {
  float32: elements(4, Float32Array, (values) => values),
  float64: elements(8, Float64Array, (values) => values),
  float16: elements(2, Uint16Array, halfToFloat),
  bfloat16: elements(2, Uint16Array, brainToFloat),
  int64: elements(8, BigInt64Array, bigToFloat),
  int32: elements(4, Int32Array, (values) => Float64Array.from(values)),
  int16: elements(2, Int16Array, (values) => Float32Array.from(values)),
  int8: elements(1, Int8Array, (values) => Float32Array.from(values)),
  uint8: elements(1, Uint8Array, (values) => Float32Array.from(values)),
  bool: elements(1, Uint8Array, (values) => Float32Array.from(values)),
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
export function gather<T extends Elements>(
  values: T,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const count = elementCount(shape);
  const contiguous = rowMajorStrides(shape);
  if (shape.every((size, axis) => size === 1 || strides[axis] === contiguous[axis])) {
    return values.subarray(0, count) as T;
  }
  const result = new (values.constructor as new (length: number) => T)(count);
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
