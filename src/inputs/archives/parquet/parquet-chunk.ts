/**
 * One column of one row group, page by page: a page and the dictionary are held, no more. Headers
 * and codecs are hyparquet's and node's; sizes and counts are checked before anything is unpacked.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { compressors, decompressZstd } from 'hyparquet-compressors';
import { DamageError } from '../failure.js';
import type { FileWindow } from '../file-window.js';
import type { Leaf } from './parquet-columns.js';
import { readByteArrays, readRuns } from './parquet-values.js';
import { thriftEnd } from './thrift.js';

/** Headers hold the least and greatest value of a page, which may be an image. */
const HEADER_SIZES = [2 ** 12, 2 ** 16, 2 ** 24];
/** A page may come to so many bytes; more only when it is stored in a 64th of them. */
const PLENTY = 2 ** 26;
const LARGEST_RATIO = 64;

/** A value of the column by row; null where there is none. */
export type Value = Buffer | null;

interface Page {
  readonly first: number;
  readonly values: readonly Value[];
}

interface PageAt {
  readonly header: PageHeader;
  readonly dataAt: number;
  readonly at: number;
}

export class ColumnChunk {
  readonly #file: FileWindow;
  readonly #leaf: Leaf;
  readonly #codec: string;
  readonly #rows: number;
  readonly #start: number;
  readonly #end: number;
  /** Of the next page, and the row it begins with. */
  #at: number;
  #row = 0;
  #dictionary: readonly Buffer[] | undefined;
  #page: Page = { first: 0, values: [] };

  /** @param rows of the row group. Throws a DamageError where the chunk cannot lie in the file. */
  constructor(file: FileWindow, leaf: Leaf, meta: ColumnMetaData, rows: number) {
    this.#file = file;
    this.#leaf = leaf;
    this.#codec = meta.codec;
    this.#rows = rows;
    // Some writers leave the offset of the dictionary at 0 when there is none.
    this.#start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    this.#end = this.#start + Number(meta.total_compressed_size);
    this.#at = this.#start;
    if (!(this.#start >= 4 && this.#end >= this.#start && this.#end <= file.size)) {
      throw new DamageError(file.size, 'a column of Parquet that lies within the file');
    }
    if (meta.type !== 'BYTE_ARRAY') throw new DamageError(this.#start, 'a column of byte arrays');
  }

  /** Rising rows cost a page each; falling ones begin anew. */
  async value(row: number): Promise<Value> {
    const { first, values } = this.#page;
    if (row >= first && row < first + values.length) return values[row - first];
    if (row < first) this.#rewind();
    for (;;) {
      const page = await this.#nextPage(row);
      if (row < page.first + page.values.length) {
        this.#page = page;
        return page.values[row - page.first];
      }
    }
  }

  #rewind(): void {
    this.#at = this.#start;
    this.#row = 0;
    this.#page = { first: 0, values: [] };
  }

  /** The next page of data; its values are not unpacked when they all stand before `row`. */
  async #nextPage(row: number): Promise<Page> {
    for (;;) {
      const page = await this.#header();
      const { header, dataAt } = page;
      this.#at = dataAt + header.compressed_page_size;
      if (header.type === 'DICTIONARY_PAGE') {
        await this.#takeDictionary(page);
        continue;
      }
      const isData = header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2';
      if (!isData) continue;
      const count = this.#count(page);
      const first = this.#row;
      this.#row += count;
      if (this.#row <= row) continue;
      return { first, values: await this.#unpack(page, count) };
    }
  }

  async #header(): Promise<PageAt> {
    const at = this.#at;
    for (const size of HEADER_SIZES) {
      const length = Math.min(size, this.#end - at);
      const bytes = this.#file.peek(at, length) ?? (await this.#file.load(at, length));
      const end = thriftEnd(bytes);
      if (end === 'short' && length === size) continue;
      if (typeof end !== 'number') break;
      const view = new DataView(bytes.buffer, bytes.byteOffset, end);
      const header = attempt(at, () => parquetHeader({ view, offset: 0 }));
      return this.#checked({ header, at, dataAt: at + end });
    }
    throw new DamageError(at, 'the header of a page of Parquet');
  }

  #checked(page: PageAt): PageAt {
    const { header, at, dataAt } = page;
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    const fits = packed >= 0 && dataAt + packed <= this.#end && size >= 0;
    if (!fits) throw new DamageError(at, 'a page of Parquet within its column');
    if (size > Math.max(PLENTY, packed * LARGEST_RATIO)) {
      throw new DamageError(at, `a page of images; ${packed} bytes claim to hold ${size}`);
    }
    return page;
  }

  #count({ header, at }: PageAt): number {
    const count = (header.data_page_header ?? header.data_page_header_v2)?.num_values;
    if (count === undefined || count < 0 || this.#row + count > this.#rows) {
      throw new DamageError(at, `a page of at most ${this.#rows - this.#row} rows`);
    }
    return count;
  }

  async #takeDictionary({ header, at, dataAt }: PageAt): Promise<void> {
    const packed = await this.#file.read(dataAt, header.compressed_page_size);
    const count = header.dictionary_page_header?.num_values ?? -1;
    this.#dictionary = attempt(at, () => {
      const bytes = this.#decompress(packed, header.uncompressed_page_size);
      return readByteArrays(bytes, count, 'PLAIN', undefined);
    });
  }

  async #unpack({ header, at, dataAt }: PageAt, count: number): Promise<Value[]> {
    const packed = await this.#file.read(dataAt, header.compressed_page_size);
    return attempt(at, () =>
      header.type === 'DATA_PAGE'
        ? this.#version1(packed, header, count)
        : this.#version2(packed, header, count),
    );
  }

  #version1(packed: Buffer, header: PageHeader, count: number): Value[] {
    const page = this.#decompress(packed, header.uncompressed_page_size);
    const { depth } = this.#leaf;
    const encoding = header.data_page_header?.encoding;
    if (depth === 0) return readByteArrays(page, count, encoding, this.#dictionary);
    if (header.data_page_header?.definition_level_encoding !== 'RLE')
      throw new Error('levels in RLE');
    const length = page.readUInt32LE(0);
    const levels = page.subarray(4, 4 + length);
    return this.#withNulls(levels, page.subarray(4 + length), count, encoding);
  }

  #version2(packed: Buffer, header: PageHeader, count: number): Value[] {
    const data = header.data_page_header_v2;
    if (data === undefined) throw new Error('a header of its version');
    const levelsAt = data.repetition_levels_byte_length;
    const valuesAt = levelsAt + data.definition_levels_byte_length;
    const size = header.uncompressed_page_size - valuesAt;
    if (levelsAt < 0 || valuesAt < levelsAt || size < 0) throw new Error('levels within the page');
    const rest = packed.subarray(valuesAt);
    const isPacked = data.is_compressed !== false && size > 0;
    const values = isPacked ? this.#decompress(rest, size) : rest;
    const levels = packed.subarray(levelsAt, valuesAt);
    return this.#withNulls(levels, values, count, data.encoding);
  }

  #withNulls(levels: Buffer, values: Buffer, count: number, encoding: string | undefined): Value[] {
    const { depth } = this.#leaf;
    if (depth === 0) return readByteArrays(values, count, encoding, this.#dictionary);
    const defined = readRuns(levels, 32 - Math.clz32(depth), count);
    const present = defined.reduce((sum, level) => sum + (level === depth ? 1 : 0), 0);
    const stored = readByteArrays(values, present, encoding, this.#dictionary);
    let next = 0;
    return Array.from(defined, (level) => (level === depth ? stored[next++] : null));
  }

  /** `size` bytes at most; an Error where the codec is not read or the data are not of that size. */
  #decompress(packed: Buffer, size: number): Buffer {
    const bytes = decompress(this.#codec, packed, size);
    if (bytes.length !== size) throw new Error(`a page of ${size} bytes`);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

function decompress(codec: string, packed: Buffer, size: number): Uint8Array {
  if (size === 0) return Buffer.alloc(0);
  switch (codec) {
    case 'UNCOMPRESSED':
      return packed;
    case 'GZIP':
      return gunzipSync(packed, { maxOutputLength: size });
    case 'BROTLI':
      return brotliDecompressSync(packed, { maxOutputLength: size });
    case 'ZSTD':
      return decompressZstd(packed, zstdOutput(size));
    case 'SNAPPY':
    case 'LZ4':
    case 'LZ4_RAW': {
      const unpack = compressors[codec];
      if (unpack) return unpack(packed, size);
    }
  }
  throw new Error(`a codec that is read, which ${codec} is not`);
}

/**
 * With room given, fzstd never takes more than that. It compares the room with 1, for which the
 * language makes a text of it: all its bytes in decimal, 30 times the work of unpacking.
 */
function zstdOutput(size: number): Uint8Array {
  return Object.assign(new Uint8Array(size), { toString: () => '' });
}

/** What a decoder throws is damage at the page it read. */
function attempt<T>(at: number, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    const { message } = error as Error;
    throw new DamageError(at, `a page of Parquet that can be decoded (${plainText(message)})`, {
      cause: error,
    });
  }
}

function plainText(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
