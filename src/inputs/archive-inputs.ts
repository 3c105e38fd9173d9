/** Archives as inputs: which files are some, what is in them, and whether they are still the same. */
import { createHash } from 'node:crypto';
import { UserError } from '../files/errors.js';
import { isFileError } from '../files/file-errors.js';
import { joinPath, pathText } from '../files/paths.js';
import { IMAGE_NAME } from '../image/image-name.js';
import { type Archive, openArchive } from './archives/archive.js';
import type { Entry, Member } from './archives/entry.js';
import { type ArchiveFingerprint, archiveFingerprint } from './archives/fingerprint.js';
import type { Found } from './found.js';
import type { ArchiveMember, FoundInput, UnreadableInput } from './input.js';

/** An archive that is read. */
export interface ArchiveFile {
  readonly kind: 'archive';
  /** Opens it: the input folder as it was given, and `relative`; or the input itself. */
  readonly path: Buffer;
  readonly relative: Buffer;
  /** What the relative paths of members are below: `relative`, or nothing. */
  readonly below: Buffer;
  readonly archive: Archive;
  readonly fingerprint: ArchiveFingerprint;
}

/** @throws UserError for an archive that is not read, and for a Parquet file without the column; node:fs errors */
export async function openArchiveFile(
  path: Buffer,
  { relative, below }: Pick<ArchiveFile, 'relative' | 'below'>,
  imageColumn: string | undefined,
): Promise<ArchiveFile | undefined> {
  const isImageName = (name: string) => IMAGE_NAME.test(name);
  const archive = await openArchive(path, { isImageName, imageColumn });
  if (archive === undefined) return undefined;
  const fingerprint = await archiveFingerprint(path);
  return { kind: 'archive', path, relative, below, archive, fingerprint };
}

/** An archive in a folder with others: what is wrong with it costs nothing but itself. */
export async function tryArchiveFile(
  path: Buffer,
  relative: Buffer,
  imageColumn: string | undefined,
): Promise<ArchiveFile | UnreadableInput | undefined> {
  try {
    return await openArchiveFile(path, { relative, below: relative }, imageColumn);
  } catch (error) {
    // Whether it is an archive at all is not known; as another file it is counted.
    if (isFileError(error)) return undefined;
    if (!(error instanceof UserError)) throw error;
    const reason = error.message.slice(error.message.indexOf(': ') + 2);
    return { kind: 'unreadable', path, relative, reason, mayPass: false };
  }
}

/**
 * The images of an archive in its own order, with its failed members, and last its damage.
 *
 * @param as whether images that were unpacked on the way come as bytes, or all that can as their place in the file
 */
export async function* archiveInputs(
  file: ArchiveFile,
  found: Found,
  as: 'bytes' | 'place' = 'bytes',
): AsyncGenerator<FoundInput> {
  const { archive } = file;
  found.archives += 1;
  for await (const entry of archive.members()) {
    const input = inputOf(entry, file, as) ?? count(entry, found);
    if (input === undefined) continue;
    found.images += 1;
    yield input;
  }
  found.repeatedNames += archive.notices.repeatedNames;
  found.inexactLabels += archive.notices.inexactLabels;
  const { unfitIndex } = archive.notices;
  if (unfitIndex) found.addUnfitIndex({ archive: file.path, ...unfitIndex });
}

/** What an entry is as an input; undefined where it is none. */
function inputOf(
  entry: Entry,
  { path, relative, below }: ArchiveFile,
  as: 'bytes' | 'place',
): FoundInput | undefined {
  const lost = { kind: 'unreadable', mayPass: false } as const;
  switch (entry.kind) {
    case 'member':
      return memberInput(entry, path, below, as);
    case 'failed': {
      const { name, reason } = entry;
      return { ...lost, path: joinPath(path, name), relative: joinPath(below, name), reason };
    }
    case 'damage': {
      const reason = `damaged at byte ${entry.offset}: expected ${entry.expected}`;
      return { ...lost, path, relative, reason };
    }
    default:
      return undefined;
  }
}

function count(entry: Entry, found: Found): undefined {
  if (entry.kind === 'hidden') found.hidden += 1;
  else if (entry.kind === 'other') found.addOther(entry.ending);
  else if (entry.kind === 'index_record') found.indexRecords += 1;
  else if (entry.kind === 'link') found.archiveLinks += 1;
}

function memberInput(
  { name, locator, bytes }: Member,
  archive: Buffer,
  below: Buffer,
  as: 'bytes' | 'place',
): ArchiveMember {
  // Pages of a Parquet file hold many images: each worker would unpack them all.
  const isHere = bytes !== undefined && (as === 'bytes' || locator === undefined);
  return {
    kind: 'member',
    path: joinPath(archive, name),
    relative: joinPath(below, name),
    archive,
    content: isHere ? { kind: 'bytes', bytes } : { kind: 'stored', locator: locator! },
  };
}

/** An archive as a record lists it. */
export interface ArchiveRecord extends ArchiveFingerprint {
  readonly path: string;
}

export function archiveRecord({ relative, fingerprint }: ArchiveFile): ArchiveRecord {
  return { path: pathText(relative), ...fingerprint };
}

/**
 * SHA-256 over the paths, sizes and ends of all archives. Their times of modification do not count: copies on other
 * machines have others.
 */
export function archivesSha256(archives: readonly ArchiveFile[]): string {
  const each = archives.map(archiveRecord).map(({ path, size, sha256 }) => [path, size, sha256]);
  return createHash('sha256').update(JSON.stringify(each)).digest('hex');
}
