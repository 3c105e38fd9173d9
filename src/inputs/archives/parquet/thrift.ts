/**
 * Whether bytes are a structure of Thrift's compact protocol that a decoder can take: with whole
 * numbers of at most 10 bytes (a longer one takes a decoder time that grows with its square), few
 * levels, no more values than fit into some 100 MB of objects, and nothing that ends before its time.
 */

const DEEPEST = 32;
const LONGEST_NUMBER = 10;
/** 100,000 columns of row groups have 3 million. */
const MOST_VALUES = 2 ** 22;

const Type = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
};

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  values: number;
}

/** Where the structure ends; `short` when the bytes end before it, `broken` when it is none. */
export function thriftEnd(bytes: Uint8Array): number | 'short' | 'broken' {
  const cursor = { bytes, at: 0, values: 0 };
  const isFine = passStruct(cursor, 0);
  if (cursor.at > bytes.length) return 'short';
  return isFine ? cursor.at : 'broken';
}

/** These return whether reading can go on; beyond the end `at` says so. */
function passStruct(cursor: Cursor, depth: number): boolean {
  if (depth > DEEPEST) return false;
  for (;;) {
    const head = next(cursor);
    if (head === undefined) return false;
    const type = head & 0x0f;
    if (type === Type.stop) return true;
    // Without a delta to the last one, the number of the field follows.
    if (head >> 4 === 0 && passNumber(cursor) === undefined) return false;
    if (type !== Type.true && type !== Type.false && !passValue(cursor, type, depth)) return false;
  }
}

function passValue(cursor: Cursor, type: number, depth: number): boolean {
  cursor.values += 1;
  if (cursor.values > MOST_VALUES) return false;
  if (type === Type.struct) return passStruct(cursor, depth + 1);
  if (type === Type.list) return passList(cursor, depth + 1);
  if (type === Type.double) return skip(cursor, 8);
  if (type >= Type.true && type <= Type.byte) return skip(cursor, 1);
  if (type > Type.byte && type <= Type.i64) return passNumber(cursor) !== undefined;
  if (type !== Type.binary) return false;
  const length = passNumber(cursor);
  return length !== undefined && skip(cursor, length);
}

function passList(cursor: Cursor, depth: number): boolean {
  if (depth > DEEPEST) return false;
  const head = next(cursor);
  if (head === undefined) return false;
  const size = head >> 4 === 15 ? passNumber(cursor) : head >> 4;
  // A list of 2^31 elements or more is a negative size to a decoder.
  if (size === undefined || size >= 2 ** 31) return false;
  for (let index = 0; index < size; index += 1) {
    if (!passValue(cursor, head & 0x0f, depth)) return false;
  }
  return true;
}

function next(cursor: Cursor): number | undefined {
  cursor.at += 1;
  return cursor.bytes[cursor.at - 1];
}

function skip(cursor: Cursor, length: number): boolean {
  cursor.at += length;
  return cursor.at <= cursor.bytes.length;
}

/** The value of an unsigned number of variable length. */
function passNumber(cursor: Cursor): number | undefined {
  let value = 0;
  for (let index = 0; index < LONGEST_NUMBER; index += 1) {
    const byte = next(cursor);
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return value;
  }
  return undefined;
}
