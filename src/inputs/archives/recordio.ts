/**
 * The images of a RecordIO file as MXNet and insightface write them, in the order of the file.
 *
 * A part is: the magic number, 3 bits of how it continues and 29 bits of length (uint32), the data,
 * zeros up to a multiple of 4. A record with the magic number in its data (at a multiple of 4) is
 * stored in parts, split there, the number left out. A record begins with flag (uint32), label
 * (float32), id and id2 (uint64) and, when flag > 0, as many labels (float32); all little-endian.
 */
import {
  type Damage,
  type Entry,
  type IndexRecord,
  type Notices,
  type RecordLocator,
  tooLarge,
} from './entry.js';
import { InputError } from './failure.js';
import type { FileWindow } from './file-window.js';
import type { Members } from './members.js';
import type { RecordIndex } from './record-index.js';
import { SNIFFED, sniffEnding } from './sniff.js';

export const RECORD_MAGIC = 0xced7230a;
const MAGIC_BYTES = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);
const PART_HEADER = 8;
const RECORD_HEADER = 24;
const LABEL = 4;
/** Whole, first, middle, last. */
const Continues = { whole: 0, first: 1, middle: 2, last: 3 } as const;
/** An image has the magic number in it a few times at most. */
const MOST_PARTS = 4096;
/** Labels of records without an image: the first and the end of a range of records. */
const RANGE_LABELS = 2;
/** float32 holds every whole number below. */
const FIRST_INEXACT = 2 ** 24;

interface Part {
  readonly dataAt: number;
  readonly length: number;
}

interface StoredRecord {
  readonly kind: 'record';
  readonly offset: number;
  /** The first MOST_PARTS. */
  readonly parts: readonly Part[];
  readonly isWhole: boolean;
  /** Of the joined data. */
  readonly size: number;
  readonly end: number;
  readonly next: number;
}

/** @param index takes each record along with what it says of them */
export async function* walkRecords(
  file: FileWindow,
  members: Members,
  notices: Notices,
  index?: RecordIndex,
): AsyncGenerator<Entry> {
  const walk = new RecordWalk(file, members, notices);
  for (let at = 0; at < file.size; ) {
    const record = await readRecord(file, at);
    if (record.kind === 'damage') {
      yield record;
      return;
    }
    await index?.take(at);
    yield await walk.take(record);
    at = record.next;
  }
}

async function readRecord(file: FileWindow, offset: number): Promise<StoredRecord | Damage> {
  const parts: Part[] = [];
  let count = 0;
  let size = 0;
  for (let at = offset; ; ) {
    const header = file.peek(at, PART_HEADER) ?? (await file.load(at, PART_HEADER));
    if (header.length < PART_HEADER) return damage(at, 'a record of RecordIO; the file ends here');
    if (header.readUInt32LE(0) !== RECORD_MAGIC) {
      return damage(at, 'the magic number of RecordIO (0xced7230a); reading ends here');
    }
    const length = header.readUInt32LE(4) & 0x1fffffff;
    const continues = header[7] >> 5;
    const isFirst = continues === Continues.whole || continues === Continues.first;
    if (continues > Continues.last || isFirst !== (count === 0)) {
      return damage(at, count === 0 ? 'the first part of a record' : 'the next part of a record');
    }
    const end = at + PART_HEADER + length;
    if (end > file.size) {
      return damage(
        at,
        `a record of ${length} bytes; the file has ${file.size - at - PART_HEADER}`,
      );
    }
    if (parts.length < MOST_PARTS) parts.push({ dataAt: at + PART_HEADER, length });
    size += length + (count === 0 ? 0 : MAGIC_BYTES.length);
    count += 1;
    at = end + (-length & 3);
    if (continues === Continues.whole || continues === Continues.last) {
      const isWhole = count <= MOST_PARTS;
      return { kind: 'record', offset, parts, isWhole, size, end, next: at };
    }
  }
}

/**
 * Ids make names, and rise in most files: then no name comes twice and none is held, of 42 million
 * either. The first id that does not rise has the names before it read again and held.
 */
class RecordWalk {
  readonly #file: FileWindow;
  readonly #members: Members;
  readonly #notices: Notices;
  #highestId = -1n;
  #idsRise = true;

  constructor(file: FileWindow, members: Members, notices: Notices) {
    this.#file = file;
    this.#members = members;
    this.#notices = notices;
  }

  async take(record: StoredRecord): Promise<Entry> {
    const content = await readContent(this.#file, record, this.#members.limit);
    if (content.kind === 'index_record') return content;
    if (this.#idsRise && content.id !== undefined) {
      if (content.id > this.#highestId) this.#highestId = content.id;
      else await this.#holdNamesBefore(record.offset);
    }
    if (content.isInexact) this.#notices.inexactLabels += 1;
    return this.#entry(content);
  }

  #entry({ name, fault, size, locator }: RecordContent): Entry {
    const single = this.#idsRise ? name : this.#members.single(name);
    if (fault) return { kind: 'failed', name: single, reason: fault };
    return { kind: 'member', name: single, size, locator, bytes: undefined };
  }

  async #holdNamesBefore(end: number): Promise<void> {
    this.#idsRise = false;
    for (let at = 0; at < end; ) {
      const record = await readRecord(this.#file, at);
      // Only where the file changes while it is read.
      if (record.kind === 'damage') return;
      const content = await readContent(this.#file, record, this.#members.limit);
      if (content.kind === 'content') this.#entry(content);
      at = record.next;
    }
  }
}

interface RecordContent {
  readonly kind: 'content';
  readonly name: Buffer;
  /** Undefined where the record is shorter than its header. */
  readonly id: bigint | undefined;
  /** Why there is no image, or undefined. */
  readonly fault: string | undefined;
  readonly size: number;
  readonly isInexact: boolean;
  readonly locator: RecordLocator;
}

async function readContent(
  file: FileWindow,
  record: StoredRecord,
  limit: number,
): Promise<RecordContent | IndexRecord> {
  const { offset } = record;
  const header = await readJoined(file, record, 0, RECORD_HEADER + LABEL);
  if (header.length < RECORD_HEADER) {
    const reason = `has ${record.size} bytes, fewer than a header`;
    return faulty(record, Buffer.from(`_/at-${offset}`), undefined, reason);
  }
  const flag = header.readUInt32LE(0);
  const skip = RECORD_HEADER + LABEL * flag;
  const id = header.readBigUInt64LE(8);
  if (skip > record.size) {
    const reason = `claims ${flag} labels in ${record.size - RECORD_HEADER} bytes`;
    return faulty(record, Buffer.from(`_/${id}`), id, reason);
  }
  const size = record.size - skip;
  if (size === 0 && flag === RANGE_LABELS) return { kind: 'index_record' };
  const label = header.readFloatLE(flag > 0 ? RECORD_HEADER : 4);
  const ending = sniffEnding(await readJoined(file, record, skip, SNIFFED));
  const fault = recordFault(record, size, ending, limit);
  const name = Buffer.from(`${labelText(label)}/${id}${fault ? '' : `.${ending}`}`);
  const locator = { kind: 'recordio', offset, span: record.end - offset, skip } as const;
  const isInexact = Math.abs(label) >= FIRST_INEXACT;
  return { kind: 'content', name, id, fault, size, isInexact, locator };
}

function faulty(
  { offset, end }: StoredRecord,
  name: Buffer,
  id: bigint | undefined,
  fault: string,
): RecordContent {
  const locator = { kind: 'recordio', offset, span: end - offset, skip: 0 } as const;
  return { kind: 'content', name, id, fault, size: 0, isInexact: false, locator };
}

function recordFault(
  record: StoredRecord,
  size: number,
  ending: string | undefined,
  limit: number,
): string | undefined {
  if (!record.isWhole) return `is stored in more than ${MOST_PARTS} parts`;
  if (size === 0) return 'holds no image';
  if (ending === undefined) return 'its content is no image';
  return record.end - record.offset > limit ? tooLarge(size, limit) : undefined;
}

/** A whole number as one; else the shortest decimal that is the same float32. */
export function labelText(label: number): string {
  if (Number.isInteger(label)) return BigInt(label).toString();
  for (let digits = 1; digits < 9; digits += 1) {
    const text = label.toPrecision(digits);
    if (Math.fround(Number(text)) === label) return String(Number(text));
  }
  return String(label);
}

/** Bytes `start` to `start + length` of the joined record, as far as there are; `length` is small. */
async function readJoined(
  file: FileWindow,
  { parts }: StoredRecord,
  start: number,
  length: number,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let missing = length;
  let from = start;
  for (const [index, part] of parts.entries()) {
    if (index > 0) missing -= take(pieces, MAGIC_BYTES, from, missing);
    if (index > 0) from = Math.max(0, from - MAGIC_BYTES.length);
    const here = Math.max(0, Math.min(missing, part.length - from));
    if (here > 0) {
      const at = part.dataAt + from;
      missing -= take(pieces, file.peek(at, here) ?? (await file.load(at, here)), 0, here);
    }
    from = Math.max(0, from - part.length);
    if (missing <= 0) break;
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

/** Puts a copy of at most `length` bytes from `from` on to `pieces`; returns how many. */
function take(pieces: Buffer[], bytes: Buffer, from: number, length: number): number {
  const piece = Buffer.from(bytes.subarray(from, from + length));
  pieces.push(piece);
  return piece.length;
}

/** The image of a record; an InputError where the file no longer holds it. */
export async function readRecordImage(
  file: FileWindow,
  { offset, span, skip }: RecordLocator,
  limit: number,
): Promise<Buffer> {
  if (span > limit) throw new InputError(tooLarge(span, limit));
  const stored = await file.read(offset, span);
  const pieces: Buffer[] = [];
  for (let at = 0; at < span; ) {
    if (at + PART_HEADER > stored.length || stored.readUInt32LE(at) !== RECORD_MAGIC) {
      throw new InputError(`its record is missing at byte ${offset + at}`);
    }
    const length = stored.readUInt32LE(at + 4) & 0x1fffffff;
    const start = at + PART_HEADER;
    if (pieces.length > 0) pieces.push(MAGIC_BYTES);
    pieces.push(stored.subarray(start, start + length));
    at = start + length + (-length & 3);
  }
  const record = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  return record.subarray(skip);
}

function damage(offset: number, expected: string): Damage {
  return { kind: 'damage', offset, expected };
}
