/** Reads members by their locators, in the process that needs them. */
import { LARGEST_MEMBER, type Locator, type TarLocator, tooLarge } from './entry.js';
import { DamageError, InputError } from './failure.js';
import { FileWindow } from './file-window.js';
import type { ParquetRows } from './parquet/parquet.js';
import { readRecordImage } from './recordio.js';
import { readZipMember } from './zip/zip.js';

interface OpenArchive {
  readonly key: string;
  readonly file: Promise<FileWindow>;
  /** Parquet: one reader a column. */
  readonly rows: Map<string, Promise<ParquetRows>>;
  /** Reads that are under way. */
  readers: number;
  /** One row after the other: a chunk has one place. */
  lastRow: Promise<unknown>;
}

/** Keeps the archive open that it read from last: members of one come in a row. */
export class MemberReader {
  readonly #limit: number;
  #current: OpenArchive | undefined;

  /** @param limit bytes of a member and of what it is stored in; larger ones fail */
  constructor(limit = LARGEST_MEMBER) {
    this.#limit = limit;
  }

  /**
   * The bytes of a member, of its size and, in a zip, of its CRC-32. Throws an InputError with the
   * reason where they are not, and errors of the file system as they are.
   */
  async read(archivePath: string | Buffer, locator: Locator): Promise<Buffer> {
    const archive = this.#open(archivePath);
    // At once: nobody closes the file of an archive that has a reader.
    archive.readers += 1;
    const before = this.#current;
    this.#current = archive;
    try {
      if (before && before !== archive) await closeUnused(before);
      return await this.#take(archive, archivePath, locator);
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      throw new InputError(`damaged at byte ${error.offset}: expected ${error.expected}`);
    } finally {
      archive.readers -= 1;
      if (archive !== this.#current) await closeUnused(archive);
    }
  }

  /** Closes the file once the reads that are under way have ended. */
  async close(): Promise<void> {
    const archive = this.#current;
    this.#current = undefined;
    if (archive) await closeUnused(archive);
  }

  #open(path: string | Buffer): OpenArchive {
    const key = Buffer.from(path).toString('latin1');
    if (this.#current?.key === key) return this.#current;
    const file = FileWindow.open(path);
    return { key, file, rows: new Map(), readers: 0, lastRow: Promise.resolve() };
  }

  async #take(archive: OpenArchive, path: string | Buffer, locator: Locator): Promise<Buffer> {
    const file = await archive.file;
    switch (locator.kind) {
      case 'tar':
        return readTarMember(file, locator, this.#limit);
      case 'zip':
        return readZipMember(file, locator, this.#limit);
      case 'recordio':
        return readRecordImage(file, locator, this.#limit);
      case 'parquet': {
        const { column, rowGroup, row } = locator;
        const opened = archive.rows.get(column) ?? openRows(file, path, column);
        archive.rows.set(column, opened);
        const rows = await opened;
        const turn = archive.lastRow.then(() => rows.read(rowGroup, row));
        archive.lastRow = turn.catch(() => undefined);
        return turn;
      }
    }
  }
}

async function openRows(
  file: FileWindow,
  path: string | Buffer,
  column: string,
): Promise<ParquetRows> {
  // As in archive.ts, loaded only where it is needed.
  const { openParquet, ParquetRows } = await import('./parquet/parquet.js');
  return new ParquetRows(file, await openParquet(file, path, column));
}

async function closeUnused({ readers, file }: OpenArchive): Promise<void> {
  if (readers === 0) await (await file.catch(() => undefined))?.close();
}

async function readTarMember(file: FileWindow, { offset, size }: TarLocator, limit: number) {
  if (size > limit) throw new InputError(tooLarge(size, limit));
  const bytes = await file.read(offset, size);
  if (bytes.length < size) throw new InputError('reaches past the end of the tar');
  return bytes;
}
