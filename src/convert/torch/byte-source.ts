import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FormatError } from '../format-error.js';

/** Bytes with random access. `read` checks its range before it allocates anything. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** The bytes [offset, offset + length). May share memory with the source: treat as read-only. */
  read(offset: number, length: number): Uint8Array;
}

function checkRange(source: ByteSource, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || length > source.size - offset) {
    throw new FormatError('is damaged or cut off (it points past its own end): get the file again');
  }
}

/** Bytes that are already in memory. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }
}

/** A regular file, read piece by piece. Close it when done. */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #descriptor: number;

  /** Throws the file system's own error if the file cannot be opened, `FormatError` for a folder or device. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    const status = fstatSync(this.#descriptor);
    if (!status.isFile()) {
      closeSync(this.#descriptor);
      throw new FormatError('is not a regular file: give the path of a file');
    }
    this.size = status.size;
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    // Its own memory, not the shared pool: typed arrays of every element size can view it in place.
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, offset + done);
      if (count === 0) throw new FormatError('became shorter while it was read: try again');
      done += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The part [start, start + size) of another source. */
export class SliceSource implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #start: number;

  constructor(source: ByteSource, start: number, size: number) {
    checkRange(source, start, size);
    this.#source = source;
    this.#start = start;
    this.size = size;
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.#source.read(this.#start + offset, length);
  }
}
