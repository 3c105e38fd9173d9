import { inflateRawSync } from 'node:zlib';
import { FormatError, quoted } from '../format-error.js';
import { type ByteSource, MemorySource, SliceSource } from './byte-source.js';

/*
 * The part of the zip format (PKWARE APPNOTE 6.3.10) that checkpoints use: a central directory,
 * with or without its 64-bit extension, and entries that are stored or deflated. Checksums are not
 * verified: PyTorch itself can be told to write files without them.
 */

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END_OF_DIRECTORY = 0x06064b50;

const END_SIZE = 22;
const LOCATOR_SIZE = 20;
const ZIP64_END_SIZE = 56;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const LONGEST_COMMENT = 0xffff;
const ZIP64_EXTRA = 0x0001;
const ENCRYPTED = 0x0001;
const STORED = 0;
const DEFLATED = 8;

/**
 * How much is inflated of one archive, in bytes, an entry that is inflated again counted again. Checkpoints are
 * stored, and one that someone packed has 45 MB of weights (90 MB as float64), so this is generous.
 */
const MOST_INFLATED = 2 ** 27;

/** Bytes of the largest directory that is read: a checkpoint of some hundred parts has one of 10 kB. */
const LARGEST_DIRECTORY = 2 ** 24;

interface ZipEntry {
  readonly encrypted: boolean;
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Offset of the local header. */
  readonly offset: number;
}

/** A zip archive, read through its central directory: only the entries asked for are touched. */
export class ZipArchive {
  readonly #source: ByteSource;
  readonly #entries: Map<string, ZipEntry>;
  /** The entry inflated last: tensors that share a storage ask for the same one in a row. */
  #inflated: { name: string; contents: ByteSource } | undefined;
  /** How many bytes may still be inflated. */
  #allowance = MOST_INFLATED;

  /** Throws `FormatError` if there is no complete central directory. */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#entries = readDirectory(source);
  }

  get names(): IterableIterator<string> {
    return this.#entries.keys();
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The unpacked contents of an entry. A stored entry is not read until its bytes are. */
  open(name: string): ByteSource {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw new FormatError(`lacks its part ${quoted(name)}: get the file again`);
    }
    if (entry.encrypted) {
      throw new FormatError('is an encrypted zip archive: unpack it first');
    }
    const header = view(this.#source.read(entry.offset, LOCAL_SIZE));
    if (header.getUint32(0, true) !== LOCAL_HEADER) throw damaged();
    const start =
      entry.offset + LOCAL_SIZE + header.getUint16(26, true) + header.getUint16(28, true);
    const packed = new SliceSource(this.#source, start, entry.compressedSize);
    if (entry.method === STORED) {
      if (entry.size !== entry.compressedSize) throw damaged();
      return packed;
    }
    if (entry.method !== DEFLATED) {
      throw new FormatError(
        `packs its part ${quoted(name)} in a way that is not supported (zip method ${entry.method}): save the checkpoint again with torch.save`,
      );
    }
    if (this.#inflated?.name !== name) {
      this.#inflated = {
        name,
        contents: new MemorySource(this.#inflate(packed, entry.size, name)),
      };
    }
    return this.#inflated.contents;
  }

  #inflate(packed: ByteSource, size: number, name: string): Uint8Array {
    this.#allowance -= size;
    if (this.#allowance < 0) {
      throw new FormatError(
        `has a compressed part ${quoted(name)} of ${size} bytes, too large to unpack: save the checkpoint again with torch.save`,
      );
    }
    return inflate(packed, size);
  }
}

function readDirectory(source: ByteSource): Map<string, ZipEntry> {
  const { start, size } = findDirectory(source);
  if (size > LARGEST_DIRECTORY && size <= source.size) {
    throw new FormatError('lists far more parts than a checkpoint has: save the weights alone');
  }
  const bytes = source.read(start, size);
  const directory = view(bytes);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < size; ) {
    if (size - at < CENTRAL_SIZE || directory.getUint32(at, true) !== CENTRAL_HEADER) {
      throw damaged();
    }
    const nameStart = at + CENTRAL_SIZE;
    const extraStart = nameStart + directory.getUint16(at + 28, true);
    const extraEnd = extraStart + directory.getUint16(at + 30, true);
    const next = extraEnd + directory.getUint16(at + 32, true);
    if (next > size) throw damaged();
    const wide = wideFields(bytes.subarray(extraStart, extraEnd));
    // APPNOTE 4.5.3: the 64-bit values follow in this order, and only for fields that are all ones.
    const field = (offset: number): number => {
      const value = directory.getUint32(at + offset, true);
      return value === 0xffffffff && wide.length > 0 ? wide.shift()! : value;
    };
    const uncompressed = field(24);
    const compressed = field(20);
    entries.set(Buffer.from(bytes.subarray(nameStart, extraStart)).toString('utf8'), {
      encrypted: (directory.getUint16(at + 8, true) & ENCRYPTED) !== 0,
      method: directory.getUint16(at + 10, true),
      size: uncompressed,
      compressedSize: compressed,
      offset: field(42),
    });
    at = next;
  }
  return entries;
}

/** Where the central directory is. */
function findDirectory(source: ByteSource): { start: number; size: number } {
  const tailSize = Math.min(source.size, END_SIZE + LONGEST_COMMENT);
  const tailStart = source.size - tailSize;
  const tail = view(source.read(tailStart, tailSize));
  let at = tailSize - END_SIZE;
  while (at >= 0 && tail.getUint32(at, true) !== END_OF_DIRECTORY) at--;
  if (at < 0) {
    throw new FormatError(
      'is cut off (the end of its zip archive is missing): download or copy it again',
    );
  }
  const small = { start: tail.getUint32(at + 16, true), size: tail.getUint32(at + 12, true) };
  const locatorStart = tailStart + at - LOCATOR_SIZE;
  if (locatorStart < 0) return small;
  const locator = view(source.read(locatorStart, LOCATOR_SIZE));
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR) return small;
  const end = view(source.read(uint64(locator, 8), ZIP64_END_SIZE));
  if (end.getUint32(0, true) !== ZIP64_END_OF_DIRECTORY) throw damaged();
  return { start: uint64(end, 48), size: uint64(end, 40) };
}

/** The 64-bit numbers of an entry's zip64 extra field, in order; none if it has no such field. */
function wideFields(extra: Uint8Array): number[] {
  const data = view(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + data.getUint16(at + 2, true);
    if (end > extra.length) break;
    if (data.getUint16(at, true) === ZIP64_EXTRA) {
      const numbers: number[] = [];
      for (let i = at + 4; i + 8 <= end; i += 8) numbers.push(uint64(data, i));
      return numbers;
    }
    at = end;
  }
  return [];
}

function inflate(packed: ByteSource, size: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(packed.read(0, packed.size), { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw damaged();
  }
  if (bytes.length !== size) throw damaged();
  return bytes;
}

/** Lengths and offsets beyond 2^53 lose their last bits here; the range checks refuse them anyway. */
function uint64(data: DataView, offset: number): number {
  return Number(data.getBigUint64(offset, true));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(): FormatError {
  return new FormatError('is a damaged zip archive: download or copy it again');
}
