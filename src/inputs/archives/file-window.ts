/**
 * An archive's file, read by offset. Headers are small and stand close together in most archives,
 * so they are read through a window of 256 KiB; a far jump over a large member costs only 4 KiB.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const WINDOW = 2 ** 18;
const AFTER_JUMP = 2 ** 12;
/** A jump over so few bytes is read through. */
const NEAR = 2 ** 16;
/** node refuses reads of 2 GiB and more. */
const LARGEST_READ = 2 ** 30;

/** A source of bytes that a walk over headers reads with rising offsets. */
export interface ByteWalk {
  /** The bytes at hand, without waiting; undefined when some of them are not. */
  peek(offset: number, length: number): Buffer | undefined;
  /** As many of the bytes as exist. Valid until the next call. */
  load(offset: number, length: number): Promise<Buffer>;
}

export class FileWindow implements ByteWalk {
  readonly size: number;
  /** A file ends where it ends. */
  readonly failure = undefined;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;
  #window = Buffer.alloc(0);
  #space = Buffer.alloc(0);
  #start = 0;

  private constructor(handle: FileHandle, size: number, signal: AbortSignal | undefined) {
    this.#handle = handle;
    this.size = size;
    this.#signal = signal;
  }

  /** Fails as `open` does; a pipe or folder is not waited for, it has no size. */
  static async open(path: string | Buffer, signal?: AbortSignal): Promise<FileWindow> {
    // Without O_NONBLOCK, opening a pipe nobody writes to never ends.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await handle.stat();
      return new FileWindow(handle, stats.isFile() ? stats.size : 0, signal);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  peek(offset: number, length: number): Buffer | undefined {
    const from = offset - this.#start;
    if (from < 0 || from + length > this.#window.length) return undefined;
    return this.#window.subarray(from, from + length);
  }

  async load(offset: number, length: number): Promise<Buffer> {
    const near = this.peek(offset, length);
    if (near) return near;
    this.#signal?.throwIfAborted();
    const end = this.#start + this.#window.length;
    const isJump = offset > end + NEAR || offset < this.#start;
    const wanted = Math.max(length, isJump ? AFTER_JUMP : WINDOW);
    if (this.#space.length < wanted) this.#space = Buffer.allocUnsafeSlow(wanted);
    const read = await this.#fill(this.#space.subarray(0, wanted), offset);
    this.#window = this.#space.subarray(0, read);
    this.#start = offset;
    return this.#window.subarray(0, Math.min(length, read));
  }

  /** Bytes of their own; fewer where the file ends. The caller bounds `length`. */
  async read(offset: number, length: number): Promise<Buffer> {
    this.#signal?.throwIfAborted();
    const exists = Math.max(0, Math.min(length, this.size - offset));
    const bytes = Buffer.allocUnsafeSlow(exists);
    return bytes.subarray(0, await this.#fill(bytes, offset));
  }

  async #fill(target: Buffer, offset: number): Promise<number> {
    let done = 0;
    while (done < target.length && offset + done < this.size) {
      const length = Math.min(target.length - done, LARGEST_READ);
      const { bytesRead } = await this.#handle.read(target, done, length, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
