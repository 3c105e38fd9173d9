/**
 * Where the central directory of a zip is (PKWARE APPNOTE 6.3.10, 4.3.12 to 4.3.16): found from the
 * end of the file, before which other bytes may stand, as they may before the first member.
 */
import type { Damage } from '../entry.js';
import type { FileWindow } from '../file-window.js';

export const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1');
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END = 0x06064b50;

const END_SIZE = 22;
const LOCATOR_SIZE = 20;
const ZIP64_END_SIZE = 56;
/** The longest comment, and a MiB of what others put behind a zip. */
const TAIL = END_SIZE + 0xffff + 2 ** 20;
/** So many ends are tried: a file may hold nothing but their signatures. */
const MOST_ENDS = 64;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

export interface ZipDirectory {
  readonly kind: 'directory';
  readonly start: number;
  /** Where its last entry ends. */
  readonly end: number;
  /** Entries as recorded. */
  readonly count: number;
  /** Whether the count has 64 bits; else it has 16, and some writers let it overflow. */
  readonly isZip64: boolean;
  /** Bytes before the archive, which its offsets do not count. */
  readonly before: number;
}

interface End {
  readonly at: number;
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  readonly isZip64: boolean;
}

export async function findZipDirectory(file: FileWindow): Promise<ZipDirectory | Damage> {
  const from = Math.max(0, file.size - TAIL);
  const tail = await file.read(from, file.size - from);
  let at = tail.length - END_SIZE + 1;
  for (let tries = 0; tries < MOST_ENDS && at > 0; tries += 1) {
    at = tail.lastIndexOf(END_OF_DIRECTORY, at - 1);
    if (at < 0) break;
    if (at + END_SIZE > tail.length) continue;
    const bytes = tail.subarray(at, at + END_SIZE);
    const directory = await locate(file, await readZip64End(file, readEnd(bytes, from + at)));
    if (directory === undefined) continue;
    const part = bytes.readUInt16LE(4);
    if (part === 0 || part === MAX_16) return directory;
    const expected = `a zip in one part; this is part ${part + 1} of several`;
    return { kind: 'damage', offset: from + at, expected };
  }
  return { kind: 'damage', offset: file.size, expected: 'the directory that ends a zip' };
}

function readEnd(bytes: Buffer, at: number): End {
  return {
    at,
    count: bytes.readUInt16LE(10),
    size: bytes.readUInt32LE(12),
    offset: bytes.readUInt32LE(16),
    isZip64: false,
  };
}

/** The numbers of the zip64 record where there is one, else those of the end itself. */
async function readZip64End(file: FileWindow, end: End): Promise<End> {
  if (end.count !== MAX_16 && end.size !== MAX_32 && end.offset !== MAX_32) return end;
  const locatorAt = end.at - LOCATOR_SIZE;
  if (locatorAt < 0) return end;
  const locator = await file.read(locatorAt, LOCATOR_SIZE);
  if (locator.length < LOCATOR_SIZE || locator.readUInt32LE(0) !== ZIP64_LOCATOR) return end;
  const stated = Number(locator.readBigUInt64LE(8));
  // With bytes before the archive the offset stated is too small; the record ends at the locator.
  for (const at of [stated, locatorAt - ZIP64_END_SIZE]) {
    if (at < 0 || at + ZIP64_END_SIZE > locatorAt) continue;
    const record = await file.read(at, ZIP64_END_SIZE);
    if (record.length < ZIP64_END_SIZE || record.readUInt32LE(0) !== ZIP64_END) continue;
    const count = Number(record.readBigUInt64LE(32));
    const size = Number(record.readBigUInt64LE(40));
    const offset = Number(record.readBigUInt64LE(48));
    return { at, count, size, offset, isZip64: true };
  }
  return end;
}

/** The directory stands right before its end; else where the end says. Undefined when neither. */
async function locate(file: FileWindow, end: End): Promise<ZipDirectory | undefined> {
  const { count, isZip64 } = end;
  const before = end.at - end.size - end.offset;
  const kind = 'directory';
  const start = end.at - end.size;
  if (end.size === 0 && count === 0) return { kind, start, end: start, count, isZip64, before };
  if (await isHeader(file, start)) return { kind, start, end: end.at, count, isZip64, before };
  if (end.offset + end.size <= end.at && (await isHeader(file, end.offset))) {
    const { offset, size } = end;
    return { kind, start: offset, end: offset + size, count, isZip64, before: 0 };
  }
  return undefined;
}

async function isHeader(file: FileWindow, at: number): Promise<boolean> {
  if (!Number.isSafeInteger(at) || at < 0) return false;
  const bytes = await file.read(at, 4);
  return bytes.length === 4 && bytes.readUInt32LE(0) === CENTRAL_HEADER;
}
