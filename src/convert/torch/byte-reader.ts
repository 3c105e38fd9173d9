import { FormatError } from '../format-error.js';
import type { ByteSource } from './byte-source.js';

/** How much of the source is fetched at a time, in bytes. */
const WINDOW = 1 << 16;

/** No line of a checkpoint is that long; V8 cannot hold strings much longer. */
const LONGEST_LINE = 2 ** 28;

const NEWLINE = 0x0a;

/** Reads a source from front to back. Every length is checked against what is left before it is used. */
export class ByteReader {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  /** Offset of the window's first byte in the source. */
  #windowStart: number;
  /** The next byte, as an index into the window. */
  #next = 0;

  constructor(source: ByteSource, position = 0) {
    this.#source = source;
    this.#windowStart = position;
  }

  /** Offset of the next byte in the source. */
  get position(): number {
    return this.#windowStart + this.#next;
  }

  byte(): number {
    if (this.#next === this.#window.length) this.#refill();
    return this.#window[this.#next++];
  }

  bytes(length: number): Uint8Array {
    const end = this.#next + length;
    if (end <= this.#window.length) {
      const bytes = this.#window.subarray(this.#next, end);
      this.#next = end;
      return bytes;
    }
    const start = this.position;
    const bytes = this.#source.read(start, length);
    this.#windowStart = start + length;
    this.#window = this.#window.subarray(0, 0);
    this.#next = 0;
    return bytes;
  }

  /** The text up to the next newline, which is consumed and not part of the result; one byte a character. */
  line(): string {
    let text = '';
    while (text.length < LONGEST_LINE) {
      if (this.#next === this.#window.length) this.#refill();
      const end = this.#window.indexOf(NEWLINE, this.#next);
      const stop = end === -1 ? this.#window.length : end;
      text += Buffer.from(this.#window.subarray(this.#next, stop)).toString('latin1');
      this.#next = stop;
      if (end !== -1) {
        this.#next++;
        return text;
      }
    }
    throw new FormatError('is damaged (it has an endless line): get the file again');
  }

  uint16(): number {
    return this.#view(2).getUint16(0, true);
  }

  uint32(): number {
    return this.#view(4).getUint32(0, true);
  }

  int32(): number {
    return this.#view(4).getInt32(0, true);
  }

  /** An unsigned 64-bit length. One beyond 2^53 cannot be the length of anything, so it is refused. */
  uint64(): number {
    const value = Number(this.#view(8).getBigUint64(0, true));
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new FormatError('is damaged (it states an impossible length): get the file again');
    }
    return value;
  }

  float64BigEndian(): number {
    return this.#view(8).getFloat64(0, false);
  }

  #view(length: number): DataView {
    const bytes = this.bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  #refill(): void {
    const start = this.position;
    const length = Math.min(WINDOW, this.#source.size - start);
    if (length <= 0) throw new FormatError('is cut off in the middle: get the file again');
    this.#window = this.#source.read(start, length);
    this.#windowStart = start;
    this.#next = 0;
  }
}
