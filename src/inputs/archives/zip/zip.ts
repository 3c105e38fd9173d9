/**
 * The members of a zip, in the order of its directory, which is read as it is walked over and not
 * held. Members are stored or deflated; those packed otherwise fail by name.
 */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { type Entry, LARGEST_MEMBER, tooLarge, type ZipLocator } from '../entry.js';
import { InputError } from '../failure.js';
import type { FileWindow } from '../file-window.js';
import type { Members } from '../members.js';
import { crc32 } from './crc32.js';
import { CENTRAL_HEADER, findZipDirectory, type ZipDirectory } from './zip-directory.js';

const CENTRAL_SIZE = 46;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_SIZE = 30;
/** Name and extra field of a local header, as a rule. */
const USUAL_VARIABLE = 512;
const DIGITAL_SIGNATURE = 0x05054b50;
const ZIP64_EXTRA = 1;
const MAX_32 = 0xffffffff;

const STORED = 0;
const DEFLATED = 8;
const METHODS: Record<number, string> = {
  1: 'Shrink',
  6: 'Implode',
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  20: 'Zstandard',
  93: 'Zstandard',
  94: 'MP3',
  95: 'xz',
  96: 'JPEG',
  97: 'WavPack',
  98: 'PPMd',
  99: 'AES encryption',
};

const ENCRYPTED = 1;
const UNIX = 3;
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

export async function* walkZip(file: FileWindow, members: Members): AsyncGenerator<Entry> {
  const directory = await findZipDirectory(file);
  if (directory.kind === 'damage') {
    yield directory;
    return;
  }
  let count = 0;
  let at = directory.start;
  const room = { left: file.size };
  const offsets = new Offsets(directory.before);
  while (at < directory.end) {
    const bytes = await readEntry(file, at, directory);
    if (bytes === 'end') break;
    if (bytes === undefined) {
      yield { kind: 'damage', offset: at, expected: 'an entry of the directory of a zip' };
      return;
    }
    count += 1;
    at += bytes.length;
    const entry = takeEntry(parseEntry(bytes, offsets), members, file.size, room);
    if (entry) yield entry;
  }
  const isOverflow = !directory.isZip64 && count > directory.count;
  if (count !== directory.count && !(isOverflow && (count - directory.count) % 65536 === 0)) {
    const expected = `${directory.count} entries in the directory, which holds ${count}`;
    yield { kind: 'damage', offset: at, expected };
  }
}

/** Where local headers are, from what the directory says in the order of its entries. */
class Offsets {
  readonly #before: number;
  #last = 0;
  #turns = 0;

  constructor(before: number) {
    this.#before = before;
  }

  /** Macs let offsets overflow at 4 GiB; then as many times 4 GiB seem to stand before the zip. */
  inFile(stated: number): number {
    if (this.#before === 0 || this.#before % 2 ** 32 !== 0) return stated + this.#before;
    if (stated < this.#last) this.#turns += 1;
    this.#last = stated;
    return stated + this.#turns * 2 ** 32;
  }
}

/** One entry of the directory; `end` where its signature stands, undefined where neither does. */
async function readEntry(
  file: FileWindow,
  at: number,
  { end }: ZipDirectory,
): Promise<Buffer | 'end' | undefined> {
  const fixed = file.peek(at, CENTRAL_SIZE) ?? (await file.load(at, CENTRAL_SIZE));
  if (fixed.length >= 4 && fixed.readUInt32LE(0) === DIGITAL_SIGNATURE) return 'end';
  if (fixed.length < CENTRAL_SIZE || fixed.readUInt32LE(0) !== CENTRAL_HEADER) return undefined;
  const variable = fixed.readUInt16LE(28) + fixed.readUInt16LE(30) + fixed.readUInt16LE(32);
  const length = CENTRAL_SIZE + variable;
  if (at + length > end) return undefined;
  const bytes = file.peek(at, length) ?? (await file.load(at, length));
  return bytes.length === length ? bytes : undefined;
}

interface CentralEntry {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
  readonly isLink: boolean;
}

function parseEntry(bytes: Buffer, offsets: Offsets): CentralEntry {
  const nameEnd = CENTRAL_SIZE + bytes.readUInt16LE(28);
  const sizes = [bytes.readUInt32LE(24), bytes.readUInt32LE(20), bytes.readUInt32LE(42)];
  const extra = bytes.subarray(nameEnd, nameEnd + bytes.readUInt16LE(30));
  const [size, compressedSize, offset] = withZip64(sizes, extra);
  const fileType = bytes.readUInt16LE(40) & FILE_TYPE;
  return {
    name: Buffer.from(bytes.subarray(CENTRAL_SIZE, nameEnd)),
    flags: bytes.readUInt16LE(8),
    method: bytes.readUInt16LE(10),
    crc: bytes.readUInt32LE(16),
    compressedSize,
    size,
    offset: offsets.inFile(offset),
    isLink: bytes[5] === UNIX && fileType === SYMBOLIC_LINK,
  };
}

/** Size, compressed size and offset; those of 32 set bits stand in the extra field, in this order. */
function withZip64(sizes: readonly number[], extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = Math.min(at + 4 + extra.readUInt16LE(at + 2), extra.length);
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
      let next = at + 4;
      return sizes.map((size) => {
        if (size !== MAX_32 || next + 8 > end) return size;
        next += 8;
        return Number(extra.readBigUInt64LE(next - 8));
      });
    }
    at = end;
  }
  return [...sizes];
}

/** @param room bytes that members may still claim: those that do not overlap fit into the file */
function takeEntry(
  found: CentralEntry,
  members: Members,
  fileSize: number,
  room: { left: number },
): Entry | undefined {
  const { name, size } = found;
  if (name.at(-1) === 0x2f) return undefined;
  const passed = members.passedOver(name);
  if (passed) return passed;
  const fault = entryFault(found, members.limit, fileSize);
  const refused = members.refused({ name, size, isLink: found.isLink, fault });
  if (refused) return refused;
  room.left -= LOCAL_SIZE + name.length + found.compressedSize;
  if (room.left < 0) return members.failed(name, 'overlaps other members');
  return members.member(name, size, locatorOf(found));
}

function locatorOf({ offset, method, compressedSize, size, crc }: CentralEntry): ZipLocator {
  return {
    kind: 'zip',
    offset,
    method: method === STORED ? STORED : DEFLATED,
    compressedSize,
    size,
    crc,
  };
}

function entryFault(found: CentralEntry, limit: number, fileSize: number): string | undefined {
  const { flags, method, size, compressedSize, offset } = found;
  if (flags & ENCRYPTED) return 'is encrypted';
  if (method !== STORED && method !== DEFLATED) {
    const how = METHODS[method] ?? `method ${method}`;
    return `is packed with ${how}; only stored and deflated members are read`;
  }
  if (method === STORED && size !== compressedSize) return 'is stored with two different sizes';
  if (offset < 0 || offset + LOCAL_SIZE + compressedSize > fileSize) {
    return 'reaches past the ends of the zip';
  }
  return compressedSize > limit ? tooLarge(compressedSize, limit) : undefined;
}

const inflate = promisify(inflateRaw) as (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Buffer>;

/** The bytes of a member, of its size and checksum; an InputError where they are not. */
export async function readZipMember(
  file: FileWindow,
  locator: ZipLocator,
  limit = LARGEST_MEMBER,
): Promise<Buffer> {
  const { offset, method, compressedSize, size, crc } = locator;
  if (Math.max(size, compressedSize) > limit) throw new InputError(tooLarge(size, limit));
  // The header and, as a rule, the data in one read: its extra field is seldom as long.
  const stored = await file.read(offset, LOCAL_SIZE + USUAL_VARIABLE + compressedSize);
  if (stored.length < LOCAL_SIZE || stored.readUInt32LE(0) !== LOCAL_HEADER) {
    throw new InputError(`its header is missing at byte ${offset} of the zip`);
  }
  const dataAt = LOCAL_SIZE + stored.readUInt16LE(26) + stored.readUInt16LE(28);
  const isThere = dataAt + compressedSize <= stored.length;
  const packed = isThere
    ? stored.subarray(dataAt, dataAt + compressedSize)
    : await file.read(offset + dataAt, compressedSize);
  if (packed.length < compressedSize) throw new InputError('reaches past the ends of the zip');
  const bytes = method === STORED ? packed : await inflateMember(packed, size);
  if (bytes.length !== size) {
    throw new InputError(`declares ${size} bytes and holds ${bytes.length}`);
  }
  if (crc32(bytes) !== crc) throw new InputError('its checksum (CRC-32) is wrong');
  return bytes;
}

async function inflateMember(packed: Buffer, size: number): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: size });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InputError(`declares ${size} bytes and holds more`);
    }
    throw new InputError(`its deflated data are damaged (${message})`);
  }
}
