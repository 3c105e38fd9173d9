/** Faces that are members of archives, taken out of them into files. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { InputError, UserError } from '../../files/errors.js';
import { fileErrorReason, isFileError } from '../../files/file-errors.js';
import { joinPath } from '../../files/paths.js';
import { shownPath } from '../../files/text/shown-path.js';
import { IMAGE_NAME } from '../../image/image-name.js';
import { openArchive } from '../../inputs/archives/archive.js';
import type { Member } from '../../inputs/archives/entry.js';
import { MemberReader } from '../../inputs/archives/member-reader.js';
import { sniffEnding } from '../../inputs/archives/sniff.js';

export interface MemberPath {
  /** Opens the archive. */
  readonly archive: Buffer;
  /** Below it, as in results. */
  readonly member: Buffer;
}

/** The part of the path that is a file, and what follows it; undefined where no part is one. */
export async function archiveOf(path: Buffer): Promise<MemberPath | undefined> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.subarray(0, end).lastIndexOf('/')) {
    const archive = path.subarray(0, end);
    const status = await stat(archive).catch(() => undefined);
    if (status?.isFile()) return { archive, member: path.subarray(end + 1) };
    if (status !== undefined) return undefined;
  }
  return undefined;
}

/** Holds which members go where; each archive is walked once. Keys are the bytes of paths, one a character. */
export class ArchiveFaces {
  private readonly wanted = new Map<string, Map<string, Buffer>>();

  /** @param target file to write, whose folder need not be there */
  add({ archive, member }: MemberPath, target: Buffer): void {
    const key = archive.toString('latin1');
    const targets = this.wanted.get(key) ?? new Map<string, Buffer>();
    this.wanted.set(key, targets.set(member.toString('latin1'), target));
  }

  /**
   * @param imageColumn of Parquet files, as the predictions were made with it
   * @throws UserError for an archive that cannot be read, or has a member no more
   */
  async extract(imageColumn: string | undefined): Promise<void> {
    const reader = new MemberReader();
    try {
      for (const [key, targets] of this.wanted) {
        await extractFrom(Buffer.from(key, 'latin1'), targets, imageColumn, reader);
      }
    } finally {
      await reader.close();
    }
  }
}

async function extractFrom(
  archive: Buffer,
  targets: Map<string, Buffer>,
  imageColumn: string | undefined,
  reader: MemberReader,
): Promise<void> {
  const opened = await openArchive(archive, {
    isImageName: (name) => IMAGE_NAME.test(name),
    imageColumn,
  });
  if (opened === undefined) throw notThere(archive, targets);
  for await (const entry of opened.members()) {
    if (entry.kind !== 'member') continue;
    const key = entry.name.toString('latin1');
    const target = targets.get(key);
    if (target === undefined) continue;
    targets.delete(key);
    await writeMember(target, await bytesOf(entry, archive, reader), joinPath(archive, entry.name));
    if (targets.size === 0) return;
  }
  throw notThere(archive, targets);
}

async function bytesOf({ bytes, locator, name }: Member, archive: Buffer, reader: MemberReader) {
  try {
    return bytes ?? (await reader.read(archive, locator!));
  } catch (error) {
    if (!(error instanceof InputError) && !isFileError(error)) throw error;
    const reason = error instanceof InputError ? error.message : fileErrorReason(error);
    throw new UserError(
      `--copy: ${shownPath(joinPath(archive, name))}: ${reason}; label the archive again, or leave --copy out`,
    );
  }
}

async function writeMember(target: Buffer, bytes: Buffer, face: Buffer): Promise<void> {
  const name = withEnding(target, bytes);
  try {
    await mkdir(name.subarray(0, name.lastIndexOf('/')), { recursive: true });
    await writeFile(name, bytes, { flag: 'wx' });
  } catch (error) {
    const isTwice = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = isTwice
      ? 'another face would get the same name in the folder of its class'
      : fileErrorReason(error);
    throw new UserError(`--copy: ${shownPath(face)}: ${reason}; leave --copy out`);
  }
}

/** `x.jpg;2`, the second of its name, becomes `x;2.jpg`; a row of a Parquet file gets the ending of its content. */
function withEnding(target: Buffer, bytes: Buffer): Buffer {
  const name = target.toString('latin1').replace(/(\.[^./;]+)(;\d+)$/, '$2$1');
  const ending = IMAGE_NAME.test(name) ? undefined : sniffEnding(bytes);
  return Buffer.from(ending === undefined ? name : `${name}.${ending}`, 'latin1');
}

function notThere(archive: Buffer, targets: ReadonlyMap<string, Buffer>): UserError {
  const [member] = targets.keys();
  const face = joinPath(archive, Buffer.from(member, 'latin1'));
  return new UserError(
    `--copy: ${shownPath(face)}: is not in the archive any more; label it again, or leave --copy out`,
  );
}
