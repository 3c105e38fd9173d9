/** The kind of an archive by its content; its name says nothing. */
import type { ArchiveKind } from './entry.js';
import { fileText, UserError } from './failure.js';
import type { FileWindow } from './file-window.js';
import { RECORD_MAGIC } from './recordio.js';
import { PARQUET_MAGIC, SNIFFED, sniffEnding } from './sniff.js';
import { GunzipWalk } from './tar/gunzip-walk.js';
import { BLOCK, parseTarHeader } from './tar/tar-header.js';
import { findZipDirectory } from './zip/zip-directory.js';

/** A member, the end of an empty archive, the mark of one that was split. */
const ZIP = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];
const GZIP = '\x1f\x8b';

/** Archives and wrappings that are known and not read, and how they begin, a character a byte. */
const NOT_READ: readonly [string, string][] = [
  ['7-Zip', '7z\xbc\xaf\x27\x1c'],
  ['RAR', 'Rar!\x1a\x07'],
  ['xz', '\xfd7zXZ\0'],
  ['bzip2', 'BZh'],
  ['Zstandard', '\x28\xb5\x2f\xfd'],
  ['HDF5', '\x89HDF\r\n\x1a\n'],
];

/**
 * Undefined for a file that is no archive. A UserError for one of a kind that is known and not read.
 * An empty tar is zeros only; a zip may have other bytes before it, but an image with a zip at its
 * end is an image.
 */
export async function archiveKind(
  file: FileWindow,
  path: string | Buffer,
): Promise<ArchiveKind | undefined> {
  const head = Buffer.from(await file.load(0, BLOCK));
  const start = head.toString('latin1', 0, SNIFFED);
  if (sniffEnding(head) !== undefined) return undefined;
  if (ZIP.includes(start.slice(0, 4))) return 'zip';
  if (start.startsWith(PARQUET_MAGIC)) return 'parquet';
  if (head.length >= 4 && head.readUInt32LE(0) === RECORD_MAGIC) return 'recordio';
  if (isTarStart(head)) return 'tar';
  if (start.startsWith(GZIP)) return (await holdsTar(file)) ? 'tar.gz' : undefined;
  for (const [kind, magic] of NOT_READ) {
    if (start.startsWith(magic)) {
      throw new UserError(
        `${fileText(path)}: ${kind} archives are not read. Unpack it, or pack it as tar or zip`,
      );
    }
  }
  return (await findZipDirectory(file)).kind === 'directory' ? 'zip' : undefined;
}

function isTarStart(block: Buffer): boolean {
  if (block.length < BLOCK) return false;
  return block.every((byte) => byte === 0) || parseTarHeader(block) !== undefined;
}

async function holdsTar(file: FileWindow): Promise<boolean> {
  const gunzip = new GunzipWalk(file);
  try {
    return isTarStart(await gunzip.load(0, BLOCK));
  } finally {
    gunzip.close();
  }
}
