/**
 * The members of a tar, by walking over its headers. Data are jumped over in a file, and read where
 * only reading in sequence is possible. Several tars in one file, one after the other, are read to
 * the end.
 */
import type { Damage, Entry } from '../entry.js';
import type { ByteWalk } from '../file-window.js';
import type { Members, StoredFile } from '../members.js';
import {
  BLOCK,
  type Extension,
  parsePaxRecords,
  parseTarHeader,
  SPARSE_BLOCK_CONTINUES,
  type TarHeader,
  untilNul,
} from './tar-header.js';

/** Bytes of pax records or of a long name that are read. */
const LARGEST_EXTENSION = 2 ** 20;
/** Writers fill up the end of a tar with zeros, some MiB at most. */
const MOST_ZEROS = 2 ** 26;

const ZEROS = Buffer.alloc(BLOCK);

/** Types without data, whatever their size says: links, devices, folders, pipes. */
const WITHOUT_DATA = '123456';
/** Folders, the label of a volume, GNU's list of a folder. */
const PASSED = '5VD';

export interface TarSource extends ByteWalk {
  /** Bytes in all, as far as this is known. */
  readonly size: number | undefined;
  /** Why the source ends before its time. */
  readonly failure: string | undefined;
}

/** @param inSequence members carry their bytes, since nobody can read them by offset */
export async function* walkTar(
  source: TarSource,
  members: Members,
  inSequence: boolean,
): AsyncGenerator<Entry> {
  const walk = new TarWalk(source, members, inSequence);
  for (;;) {
    const header = await walk.nextHeader();
    if (header === undefined) return;
    if (header.kind === 'damage') {
      yield header;
      return;
    }
    const entry = await walk.takeMember(header.header);
    if (entry === undefined) continue;
    yield entry;
    if (entry.kind === 'damage') return;
  }
}

class TarWalk {
  readonly #source: TarSource;
  readonly #members: Members;
  readonly #inSequence: boolean;
  /** Of the block that is read next. */
  #at = 0;
  /** Of the header of the member last taken. */
  #headerAt = 0;
  #zeros = 0;
  #extension: Extension = {};
  #global: Extension = {};

  constructor(source: TarSource, members: Members, inSequence: boolean) {
    this.#source = source;
    this.#members = members;
    this.#inSequence = inSequence;
  }

  /** The next header, over blocks of zeros; undefined at the end of the file. */
  async nextHeader(): Promise<{ kind: 'header'; header: TarHeader } | Damage | undefined> {
    for (;;) {
      const block = await this.#read(this.#at, BLOCK);
      const isZero = isAllZero(block);
      if (block.length < BLOCK) {
        return isZero && this.#zeros > 0 && !this.#source.failure ? undefined : this.#endsEarly();
      }
      if (!isZero) {
        const header = parseTarHeader(block);
        if (header === undefined) {
          const what = this.#zeros > 0 ? 'zeros or the header of another tar' : 'a header of tar';
          return damage(this.#at, `${what} (the checksum is wrong)`);
        }
        this.#zeros = 0;
        return { kind: 'header', header };
      }
      this.#zeros += BLOCK;
      this.#extension = {};
      if (this.#zeros > MOST_ZEROS)
        return damage(this.#at, 'the end of the file after 64 MiB of zeros');
      this.#at += BLOCK;
    }
  }

  /** The entry of the member of a header, which is not always one. */
  async takeMember(header: TarHeader): Promise<Entry | undefined> {
    const merged = { ...this.#global, ...this.#extension };
    const isExtension = 'xXgLK'.includes(header.type);
    const size = isExtension ? header.size : (merged.size ?? header.size);
    if (!Number.isSafeInteger(size))
      return damage(this.#at, 'a header of tar with the size of a member');
    const dataAt = this.#at + BLOCK + (await this.#sparseMap(header));
    const dataSize = WITHOUT_DATA.includes(header.type) ? 0 : size;
    const end = dataAt + dataSize;
    this.#headerAt = this.#at;
    this.#at = dataAt + Math.ceil(dataSize / BLOCK) * BLOCK;
    if (this.#source.size !== undefined && end > this.#source.size) return this.#endsEarly();
    if (isExtension) {
      await this.#takeExtension(header, dataAt, dataSize);
      return undefined;
    }
    this.#extension = {};
    return this.#entry(header, merged, dataAt, dataSize);
  }

  async #takeExtension(header: TarHeader, dataAt: number, size: number): Promise<void> {
    if (header.type === 'K') return;
    if (size > LARGEST_EXTENSION) {
      this.#extension.fault = `has an extended header of ${size} bytes; up to ${LARGEST_EXTENSION} are read`;
      return;
    }
    const data = await this.#read(dataAt, size);
    if (header.type === 'L') this.#extension.name = Buffer.from(untilNul(data));
    else if (header.type === 'g') Object.assign(this.#global, parsePaxRecords(data));
    else Object.assign(this.#extension, parsePaxRecords(data));
  }

  async #entry(
    header: TarHeader,
    extension: Extension,
    dataAt: number,
    size: number,
  ): Promise<Entry | undefined> {
    const name = extension.name ?? header.name;
    // In v7 a folder is a file whose name ends in a slash.
    if (PASSED.includes(header.type) || name.at(-1) === 0x2f) return undefined;
    const passed = this.#members.passedOver(name);
    if (passed) return passed;
    const file = storedFile(header, extension, name, size);
    const refused = this.#members.refused(file);
    if (refused) return refused;
    if (!this.#inSequence) {
      return this.#members.member(name, size, { kind: 'tar', offset: dataAt, size });
    }
    const bytes = Buffer.from(await this.#read(dataAt, size));
    if (bytes.length < size) return this.#endsEarly();
    return this.#members.member(name, size, undefined, bytes);
  }

  /** Bytes of the blocks with more of an old GNU sparse file's map, which stand before the data. */
  async #sparseMap(header: TarHeader): Promise<number> {
    let length = 0;
    for (let continues = header.sparseContinues; continues; length += BLOCK) {
      const block = await this.#read(this.#at + BLOCK + length, BLOCK);
      continues = block.length === BLOCK && block[SPARSE_BLOCK_CONTINUES] !== 0;
    }
    return length;
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    return this.#source.peek(offset, length) ?? (await this.#source.load(offset, length));
  }

  /** What is missing where the file ends. */
  #endsEarly(): Damage {
    const { size, failure } = this.#source;
    if (failure !== undefined)
      return damage(size ?? this.#at, `more of the gzip data (${failure})`);
    if (size !== undefined && size < this.#at && size > this.#headerAt) {
      return damage(this.#headerAt, `a whole member; the file ends within it, at ${size}`);
    }
    if (size !== undefined && size > this.#at) return damage(this.#at, 'a header of 512 bytes');
    return damage(this.#at, 'the blocks of zeros that end a tar');
  }
}

function storedFile(
  header: TarHeader,
  extension: Extension,
  name: Buffer,
  size: number,
): StoredFile {
  return { name, size, isLink: '12'.includes(header.type), fault: fault(header, extension) };
}

function fault({ type }: TarHeader, extension: Extension): string | undefined {
  if (extension.fault) return extension.fault;
  if (type === 'S' || extension.isSparse)
    return 'is stored as a sparse file; pack it without --sparse';
  if (type === 'M') return 'began in another volume of the tar';
  return '346'.includes(type) ? 'is no regular file' : undefined;
}

function damage(offset: number, expected: string): Damage {
  return { kind: 'damage', offset, expected };
}

function isAllZero(block: Buffer): boolean {
  return block.length < BLOCK ? block.every((byte) => byte === 0) : block.equals(ZEROS);
}
