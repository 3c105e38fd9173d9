/**
 * The bytes within a gzip file, walked over with rising offsets. Input goes in by 16 KiB and what
 * comes out of that is held: 16 MiB at most, since deflate packs no more than 1032 bytes into one.
 */
import { once } from 'node:events';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { FileWindow } from '../file-window.js';
import type { TarSource } from './tar.js';

const INPUT = 2 ** 14;

export class GunzipWalk implements TarSource {
  readonly #file: FileWindow;
  // zlib drops the block of output in which it finds damage; a small one loses less.
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: INPUT });
  #fed = 0;
  #chunks: Buffer[] = [];
  /** Bytes in the chunks. */
  #held = 0;
  /** Of the first byte that is held. */
  #start = 0;
  #ended = false;
  #failure: string | undefined;

  constructor(file: FileWindow) {
    this.#file = file;
    this.#gunzip.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
    });
    this.#gunzip.on('error', (error) => {
      this.#failure = error.message;
    });
  }

  get size(): number | undefined {
    return this.#ended ? this.#start + this.#held : undefined;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  peek(offset: number, length: number): Buffer | undefined {
    const first = this.#chunks[0];
    const from = offset - this.#start;
    if (first === undefined || from < 0 || from + length > first.length) return undefined;
    return first.subarray(from, from + length);
  }

  async load(offset: number, length: number): Promise<Buffer> {
    this.#dropBefore(offset);
    while (!this.#ended && this.#start + this.#held < offset + length) {
      await this.#feed();
      this.#dropBefore(offset);
    }
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    const from = offset - this.#start;
    return (this.#chunks[0] ?? Buffer.alloc(0)).subarray(from, from + length);
  }

  /** Frees what zlib holds. */
  close(): void {
    this.#gunzip.destroy();
  }

  #dropBefore(offset: number): void {
    let dropped = 0;
    for (const chunk of this.#chunks) {
      if (this.#start + chunk.length > offset) break;
      this.#start += chunk.length;
      this.#held -= chunk.length;
      dropped += 1;
    }
    this.#chunks.splice(0, dropped);
    const passed = offset - this.#start;
    if (this.#chunks.length === 0 || passed <= 0) return;
    // Else a chunk that reaches over every place that is read would grow with the file.
    this.#chunks[0] = this.#chunks[0].subarray(passed);
    this.#held -= passed;
    this.#start = offset;
  }

  async #feed(): Promise<void> {
    const length = Math.min(INPUT, this.#file.size - this.#fed);
    const input = this.#file.peek(this.#fed, length) ?? (await this.#file.load(this.#fed, length));
    this.#fed += input.length;
    const gunzip = this.#gunzip;
    // A write has no end of its own when what follows the gzip data is none: then all has come.
    const done = new AbortController();
    const options = { signal: done.signal };
    const ends = once(gunzip, 'end', options).then(() => {
      this.#ended = true;
    });
    if (input.length === 0) gunzip.end();
    const written = new Promise<void>((resolve) => {
      if (input.length > 0) gunzip.write(input, () => resolve());
    });
    try {
      await Promise.race([ends, written]);
    } catch {
      // `failure` has it.
    } finally {
      if (this.#failure !== undefined) this.#ended = true;
      done.abort();
      ends.catch(() => undefined);
    }
  }
}
