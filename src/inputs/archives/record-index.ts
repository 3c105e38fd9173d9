/**
 * The index file beside a RecordIO file, as MXNet's MXIndexedRecordIO writes it: a line for each record, its key, a
 * tab and the byte it begins at. It is a hint only: the headers in the file itself tell where its records are. But a
 * file that was cut between two records has nothing else that tells.
 */
import type { UnfitIndex } from './entry.js';
import { FileWindow } from './file-window.js';

/** Two numbers of 20 digits, a tab and the line end have less. */
const LONGEST_LINE = 64;
const LINE_END = 0x0a;
const ENTRY = /^-?\d+\t(\d+)\r?$/;

/** Goes through the index at the pace of the records: of both, no more is held than how many and a sum. */
export class RecordIndex {
  readonly #file: FileWindow;
  readonly #entries = new Offsets();
  readonly #records = new Offsets();
  #at = 0;
  #isIndex = true;

  private constructor(file: FileWindow) {
    this.#file = file;
  }

  /** The index of `train.rec` is `train.idx`. Undefined where none can be read. */
  static async beside(path: string | Buffer): Promise<RecordIndex | undefined> {
    const record = Buffer.from(path).toString('latin1');
    const index = record.replace(/\.[^./\\]*$/, '.idx');
    if (index === record || !index.endsWith('.idx')) return undefined;
    const file = await FileWindow.open(Buffer.from(index, 'latin1')).catch(() => undefined);
    return file && new RecordIndex(file);
  }

  /** Takes the next record of the file, and reads an entry along with it. */
  async take(offset: number): Promise<void> {
    this.#records.add(offset);
    await this.#readEntry();
  }

  /** In what the index does not fit the records that were taken; undefined where it fits. */
  async compare(): Promise<UnfitIndex | undefined> {
    while (await this.#readEntry());
    const [entries, records] = [this.#entries, this.#records];
    if (this.#isIndex && entries.equals(records)) return undefined;
    return { entries: this.#isIndex ? entries.count : undefined, records: records.count };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** @returns whether there was one */
  async #readEntry(): Promise<boolean> {
    const file = this.#file;
    if (!this.#isIndex || this.#at >= file.size) return false;
    // What cannot be read is no index, and costs nothing but itself.
    const unread = () => Buffer.alloc(0);
    const bytes =
      file.peek(this.#at, LONGEST_LINE) ?? (await file.load(this.#at, LONGEST_LINE).catch(unread));
    const end = bytes.indexOf(LINE_END);
    const line = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
    const match = ENTRY.exec(line);
    // Bytes after the last whole line are one without its end; in the middle, a line is too long to be an entry.
    const isWhole = end >= 0 || this.#at + bytes.length >= file.size;
    if (match === null || !isWhole) {
      this.#isIndex = false;
      return false;
    }
    this.#entries.add(Number(match[1]));
    this.#at += line.length + 1;
    return true;
  }
}

/** Numbers in any order, of which only 64 bits are held: a sum of their hashes. */
class Offsets {
  count = 0;
  #low = 0;
  #high = 0;

  add(offset: number): void {
    this.count += 1;
    this.#low = (this.#low + hashed(offset, 0x9e3779b1)) >>> 0;
    this.#high = (this.#high + hashed(offset, 0x85ebca6b)) >>> 0;
  }

  equals(other: Offsets): boolean {
    return this.count === other.count && this.#low === other.#low && this.#high === other.#high;
  }
}

/** 32 bits that follow from the number; multiplications and shifts as in the finish of MurmurHash3. */
function hashed(offset: number, factor: number): number {
  let hash = Math.imul((offset % 2 ** 32) ^ Math.floor(offset / 2 ** 32), factor);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, factor ^ 0x27d4eb2f);
  return (hash ^ (hash >>> 13)) >>> 0;
}
