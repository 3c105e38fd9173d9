/**
 * Data sets in one file: tar, tar.gz, zip, RecordIO and Parquet, as one ordered stream of entries.
 * Nothing is unpacked to disk. Archives come from strangers: whatever is in one, reading it throws
 * nothing but errors of the file system, a UserError on opening, and the reason of an AbortSignal.
 */
import type { ArchiveKind, Entry, Notices, ReadOptions } from './entry.js';
import { DamageError } from './failure.js';
import { FileWindow } from './file-window.js';
import { archiveKind } from './kind.js';
import { Members } from './members.js';
import { RecordIndex } from './record-index.js';
import { walkRecords } from './recordio.js';
import { GunzipWalk } from './tar/gunzip-walk.js';
import { walkTar } from './tar/tar.js';
import { walkZip } from './zip/zip.js';

export interface Archive {
  readonly kind: ArchiveKind;
  readonly path: string | Buffer;
  /** Filled while `members` is read, from zero on each call. */
  readonly notices: Notices;
  /**
   * The entries in the archive's own order. The file is opened on the first and closed on the last,
   * or when the caller leaves the loop.
   */
  members(): AsyncGenerator<Entry, void, undefined>;
}

/**
 * Undefined for a file that is no archive. Throws a UserError for kinds that are not read, and for a
 * Parquet file without a column of images; errors of the file system as they are. An archive that
 * is damaged from the start opens, and its only entry is the damage.
 */
export async function openArchive(
  path: string | Buffer,
  options: ReadOptions,
): Promise<Archive | undefined> {
  const kind = await withFile(path, options.signal, async (file) => {
    const found = await archiveKind(file, path);
    if (found === 'parquet') await checkColumns(file, path, options.imageColumn);
    return found;
  });
  if (kind === undefined) return undefined;
  const notices = noNotices();
  return { kind, path, notices, members: () => readEntries(path, kind, options, notices) };
}

async function checkColumns(
  file: FileWindow,
  path: string | Buffer,
  imageColumn: string | undefined,
): Promise<void> {
  try {
    const { openParquet } = await parquetReader();
    await openParquet(file, path, imageColumn);
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
  }
}

async function* readEntries(
  path: string | Buffer,
  kind: ArchiveKind,
  options: ReadOptions,
  notices: Notices,
): AsyncGenerator<Entry, void, undefined> {
  Object.assign(notices, noNotices());
  const file = await FileWindow.open(path, options.signal);
  try {
    for await (const entry of walk(file, path, kind, options, notices)) {
      options.signal?.throwIfAborted();
      yield entry;
    }
  } finally {
    await file.close();
  }
}

async function* walk(
  file: FileWindow,
  path: string | Buffer,
  kind: ArchiveKind,
  options: ReadOptions,
  notices: Notices,
): AsyncGenerator<Entry, void, undefined> {
  const members = new Members(options, notices);
  switch (kind) {
    case 'tar':
      yield* walkTar(file, members, false);
      return;
    case 'tar.gz':
      yield* walkGzip(file, members);
      return;
    case 'zip':
      yield* walkZip(file, members);
      return;
    case 'recordio':
      yield* walkIndexed(file, path, members, notices);
      return;
    case 'parquet':
      yield* walkRows(file, path, options.imageColumn, members);
  }
}

function noNotices(): Notices {
  return { repeatedNames: 0, inexactLabels: 0, unfitIndex: undefined };
}

async function* walkIndexed(
  file: FileWindow,
  path: string | Buffer,
  members: Members,
  notices: Notices,
): AsyncGenerator<Entry> {
  const index = await RecordIndex.beside(path);
  try {
    yield* walkRecords(file, members, notices, index);
    notices.unfitIndex = await index?.compare();
  } finally {
    await index?.close();
  }
}

async function* walkGzip(file: FileWindow, members: Members): AsyncGenerator<Entry> {
  const gunzip = new GunzipWalk(file);
  try {
    yield* walkTar(gunzip, members, true);
  } finally {
    gunzip.close();
  }
}

/** Loaded where it is needed: it has many modules, and most runs read no Parquet. */
function parquetReader() {
  return import('./parquet/parquet.js');
}

async function* walkRows(
  file: FileWindow,
  path: string | Buffer,
  imageColumn: string | undefined,
  members: Members,
): AsyncGenerator<Entry> {
  const { openParquet, walkParquet } = await parquetReader();
  try {
    yield* walkParquet(file, await openParquet(file, path, imageColumn), members);
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    yield { kind: 'damage', offset: error.offset, expected: error.expected };
  }
}

async function withFile<T>(
  path: string | Buffer,
  signal: AbortSignal | undefined,
  use: (file: FileWindow) => Promise<T>,
): Promise<T> {
  const file = await FileWindow.open(path, signal);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
