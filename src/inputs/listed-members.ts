/** Images in archives that a list names as `shard.tar/a.jpg`. */
import { stat } from 'node:fs/promises';
import { UserError } from '../files/errors.js';
import { type ArchiveFile, archiveInputs, openArchiveFile } from './archive-inputs.js';
import { Found } from './found.js';
import type { FoundInput, ImageFile, MemberContent } from './input.js';

/** A folder whose name has an ending: an archive may be one, and most folders are passed without a look. */
const MAY_BE_ARCHIVE = /[^/]\.[^/.]+\//;
const SLASH = 0x2f;

/** The name under which the damage of an archive stands: that of the archive. */
const DAMAGE = '';

/** What is in an archive, by name: where it is, or why it cannot be read. */
type Members = ReadonlyMap<string, MemberContent | string>;

export class ListedMembers {
  /** By the path of the archive; undefined for files that are none. */
  private readonly archives = new Map<string, Members | string | undefined>();

  /** The last one that is in no archive. */
  private plainFolder: Buffer | undefined;

  /** @param found counts each archive once it is opened */
  constructor(
    private readonly imageColumn: string | undefined,
    private readonly found: Found,
  ) {}

  /**
   * The listed file, or the member of an archive that it is. The first one of an archive has the archive walked
   * over; where its members are is held from then on.
   */
  async resolve(file: ImageFile): Promise<FoundInput> {
    const { path, relative } = file;
    if (!MAY_BE_ARCHIVE.test(path.toString('latin1'))) return file;
    const folder = path.subarray(0, path.lastIndexOf(SLASH));
    if (this.plainFolder?.equals(folder)) return file;
    const end = await endOfArchive(path);
    if (end === undefined) {
      this.plainFolder = folder;
      return file;
    }
    const archive = path.subarray(0, end);
    const members = await this.open(archive);
    if (members === undefined) return file;
    const lost = { kind: 'unreadable', path, relative, mayPass: false } as const;
    if (typeof members === 'string') return { ...lost, reason: members };
    const member = members.get(nameBelow(path, end));
    if (typeof member === 'string') return { ...lost, reason: member };
    if (member !== undefined) return { kind: 'member', path, relative, archive, content: member };
    const damage = members.get(DAMAGE);
    const reason =
      damage === undefined
        ? 'the archive holds no image of that name'
        : `is not before the damage of the archive: ${damage}`;
    return { ...lost, reason };
  }

  /** Its members, or why they cannot be read. */
  private async open(archive: Buffer): Promise<Members | string | undefined> {
    const key = archive.toString('latin1');
    if (!this.archives.has(key)) this.archives.set(key, await this.read(archive));
    return this.archives.get(key);
  }

  private async read(path: Buffer): Promise<Members | string | undefined> {
    let file: ArchiveFile | undefined;
    const below = Buffer.alloc(0);
    try {
      file = await openArchiveFile(path, { relative: below, below }, this.imageColumn);
    } catch (error) {
      if (error instanceof UserError) return error.message.replace(/^.*?: /s, '');
      throw error;
    }
    if (file === undefined) return undefined;
    if (file.archive.kind === 'tar.gz') {
      return 'a tar.gz can be read in sequence only: its images cannot be listed; unpack it, or pack it as tar';
    }
    this.found.archives += 1;
    const members = new Map<string, MemberContent | string>();
    // Only what is listed is an input; the rest of the archive does not count.
    const inside = new Found();
    for await (const input of archiveInputs(file, inside, 'place')) {
      const name = input.relative.toString('latin1');
      if (input.kind === 'member') members.set(name, input.content);
      else if (input.kind === 'unreadable') members.set(name, input.reason);
    }
    if (inside.firstUnfitIndex) this.found.addUnfitIndex(inside.firstUnfitIndex);
    return members;
  }
}

/** Where the part of the path that is a file ends, where such a part has others below it. */
async function endOfArchive(path: Buffer): Promise<number | undefined> {
  for (let end = path.indexOf(SLASH, 1); end > 0; end = path.indexOf(SLASH, end + 1)) {
    const found = await stat(path.subarray(0, end)).catch(() => undefined);
    if (found === undefined) return undefined;
    if (found.isFile()) return end;
  }
  return undefined;
}

/** What follows the archive, without the parts that say nothing. */
function nameBelow(path: Buffer, end: number): string {
  const parts = path.toString('latin1', end).split('/');
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}
