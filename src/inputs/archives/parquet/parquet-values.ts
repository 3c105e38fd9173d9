/**
 * The values of one data page of a column of byte arrays (Parquet format, Encodings). Runs are cut
 * at the number of values that the page has, whatever they claim.
 */
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

/** Encodings of values that are read. */
export type ValueEncoding =
  | 'PLAIN'
  | 'PLAIN_DICTIONARY'
  | 'RLE_DICTIONARY'
  | 'DELTA_LENGTH_BYTE_ARRAY'
  | 'DELTA_BYTE_ARRAY';

/** Bytes that a page of delta byte arrays may come to, which repeat what stands before them. */
const MOST_REPEATED = 2 ** 28;

/** `count` byte arrays; throws a RangeError or Error where the bytes hold no such. */
export function readByteArrays(
  bytes: Buffer,
  count: number,
  encoding: string | undefined,
  dictionary: readonly Buffer[] | undefined,
): Buffer[] {
  const reader = { bytes, at: 0 };
  switch (encoding) {
    case 'PLAIN':
      return plain(reader, count);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      return fromDictionary(reader, count, dictionary);
    case 'DELTA_LENGTH_BYTE_ARRAY':
      return slices(reader, deltas(reader, count));
    case 'DELTA_BYTE_ARRAY':
      return withPrefixes(deltas(reader, count), slices(reader, deltas(reader, count)));
    default:
      throw new Error(`values in an encoding that is read, which ${encoding} is not`);
  }
}

function plain(reader: Reader, count: number): Buffer[] {
  const values: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = reader.bytes.readUInt32LE(reader.at);
    values.push(slice(reader, reader.at + 4, length));
  }
  return values;
}

function slice(reader: Reader, start: number, length: number): Buffer {
  if (length < 0 || start + length > reader.bytes.length)
    throw new RangeError('a value within its page');
  reader.at = start + length;
  return reader.bytes.subarray(start, reader.at);
}

function slices(reader: Reader, lengths: Int32Array): Buffer[] {
  return Array.from(lengths, (length) => slice(reader, reader.at, length));
}

function fromDictionary(
  reader: Reader,
  count: number,
  dictionary: readonly Buffer[] | undefined,
): Buffer[] {
  if (dictionary === undefined) throw new Error('a dictionary before the values that refer to it');
  if (count === 0) return [];
  const width = reader.bytes.readUInt8(0);
  const runs = reader.bytes.subarray(1);
  const values: Buffer[] = [];
  for (const index of readRuns(runs, width, count)) {
    const value = dictionary[index];
    if (value === undefined) throw new RangeError('an entry of the dictionary');
    values.push(value);
  }
  return values;
}

function deltas(reader: Reader, count: number): Int32Array {
  const values = new Int32Array(count);
  if (count === 0) return values;
  const { bytes } = reader;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const place = { view, offset: reader.at };
  deltaBinaryUnpack(place, count, values);
  reader.at = place.offset;
  return values;
}

/** Each value begins with so many bytes of the value before it. */
function withPrefixes(prefixes: Int32Array, suffixes: readonly Buffer[]): Buffer[] {
  let before = Buffer.alloc(0);
  let total = 0;
  return suffixes.map((suffix, index) => {
    const prefix = prefixes[index];
    total += prefix;
    if (prefix < 0 || prefix > before.length || total > MOST_REPEATED) {
      throw new RangeError('a prefix within the value before');
    }
    before = Buffer.concat([before.subarray(0, prefix), suffix]);
    return before;
  });
}

/**
 * `count` whole numbers of `width` bits, from the hybrid of run lengths and packed bits (Parquet
 * format, Encodings, RLE).
 */
export function readRuns(bytes: Buffer, width: number, count: number): Uint32Array {
  if (width > 32) throw new RangeError('numbers of at most 32 bits');
  const values = new Uint32Array(count);
  const reader = { bytes, at: 0 };
  for (let done = 0; done < count; ) {
    const head = readNumber(reader);
    const length = head & 1 ? (head >>> 1) * 8 : head >>> 1;
    if (length === 0) throw new RangeError('a run that is not empty');
    const end = Math.min(count, done + length);
    if (head & 1) unpackBits(reader, width, values.subarray(done, end), length);
    else values.fill(readFixed(reader, (width + 7) >> 3), done, end);
    done = end;
  }
  return values;
}

function readNumber(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes.readUInt8(reader.at);
    reader.at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if (value >= 2 ** 32) break;
      return value >>> 0;
    }
  }
  throw new RangeError('a number of 32 bits');
}

function readFixed(reader: Reader, length: number): number {
  const value = length === 0 ? 0 : reader.bytes.readUIntLE(reader.at, length);
  reader.at += length;
  return value;
}

/** Fills `values` from packed bits, lowest first, and passes over `length` of them in all. */
function unpackBits(reader: Reader, width: number, values: Uint32Array, length: number): void {
  let bit = reader.at * 8;
  for (let index = 0; index < values.length; index += 1) {
    let value = 0;
    for (let got = 0; got < width; ) {
      const here = Math.min(width - got, 8 - (bit & 7));
      const byte = reader.bytes.readUInt8(bit >> 3) >> (bit & 7);
      value += (byte & ((1 << here) - 1)) * 2 ** got;
      got += here;
      bit += here;
    }
    values[index] = value;
  }
  reader.at += Math.ceil((length * width) / 8);
}
