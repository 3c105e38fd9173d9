/** Whether an archive is still the one that was read: told without reading all of it. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const END = 2 ** 20;

export interface ArchiveFingerprint {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. A copy on another machine has another: leave it out to compare those. */
  readonly mtimeMs: number;
  /**
   * Hexadecimal, of the first MiB and the last MiB, which overlap or are the same in small files.
   * Headers and directories stand there; a change in between that keeps the size shows in `mtimeMs`.
   */
  readonly sha256: string;
}

/** Fails as `open` and `read` do. */
export async function archiveFingerprint(path: string | Buffer): Promise<ArchiveFingerprint> {
  const file = await open(path);
  try {
    const { size, mtimeMs } = await file.stat();
    const hash = createHash('sha256');
    const end = Buffer.alloc(Math.min(size, END));
    for (const position of [0, size - end.length]) {
      const { bytesRead } = await file.read(end, 0, end.length, position);
      hash.update(end.subarray(0, bytesRead));
    }
    return { size, mtimeMs, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
