/** The input images of a run, found by walking a folder, in one fixed order. Paths are bytes (files/paths.ts). */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { UserError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import { joinPath, realPath } from '../files/paths.js';
import { shownPath } from '../files/text/shown-path.js';
import { IMAGE_NAME } from '../image/image-name.js';
import { lastPart, nameEnding } from './archives/names.js';
import { Found } from './found.js';
import type { FoundInput, OtherFile } from './input.js';

/** How the reason of an unreadable folder begins. */
export const UNREADABLE_FOLDER = 'folder cannot be read';

export interface WalkOptions {
  /** Follow links that lead out of the tree. */
  followLinks: boolean;
  /** Absolute real path of the output folder, whose files are results and not input. */
  exclude?: Buffer | undefined;
  /** The option `folder` came from, for messages. */
  option?: string;
  /** Filled while the walk goes on. */
  found?: Found;
}

const SLASH = Buffer.from('/');
const DOT = 0x2e;
/** Walks `folder` as `walkFolder` does, for files with an image's name. The others are counted. */
export async function* walkImages(
  folder: Buffer,
  { found = new Found(), ...options }: WalkOptions,
): AsyncGenerator<FoundInput> {
  for await (const file of walkFolder(folder, { ...options, found })) {
    if (file.kind === 'other') {
      found.addOther(nameEnding(file.relative));
      continue;
    }
    found.images += 1;
    yield file;
  }
}

/**
 * Walks `folder` for files in byte order of their relative path (so a directory sorts as `name/`).
 * Names that begin with a dot are skipped and counted, a hidden folder once. Only the names of the
 * directories on the way down are held, and each directory is read when the walk reaches it.
 * Links, pipes and other special files with an image's name are yielded as images when they are no
 * folder: whoever reads them finds out what is wrong and can list it.
 * A `folder` that is missing or cannot be read is a UserError.
 */
export async function* walkFolder(
  folder: Buffer,
  options: WalkOptions,
): AsyncGenerator<FoundInput | OtherFile> {
  const option = options.option ?? '--in_dir';
  const root = await realInputFolder(folder, option);
  const walk: Walk = {
    option,
    folder,
    root,
    followLinks: options.followLinks,
    // Results that go into the input folder itself, or above it, cannot be told from input.
    exclude: options.exclude && !isWithin(root, options.exclude) ? options.exclude : undefined,
    found: options.found ?? new Found(),
  };
  yield* walkDirectory(walk, Buffer.alloc(0), [root]);
}

interface Walk {
  option: string;
  folder: Buffer;
  root: Buffer;
  followLinks: boolean;
  exclude: Buffer | undefined;
  found: Found;
}

interface Entry {
  /** The name; of a directory, with a slash at its end. Sorting these gives the walk's order. */
  key: Buffer;
  /** The real path of a directory; undefined for a file. */
  directory?: Buffer;
  /** Whether a file has an image's name. */
  isImage?: boolean;
}

/** `chain` holds the real paths of the directories from the input folder down to this one. */
async function* walkDirectory(
  walk: Walk,
  relative: Buffer,
  chain: readonly Buffer[],
): AsyncGenerator<FoundInput | OtherFile> {
  const path = relative.length === 0 ? walk.folder : joinPath(walk.folder, relative);
  let dirents: Dirent<Buffer>[];
  try {
    // Where the file system does not tell types, readdir itself asks with lstat.
    dirents = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    const reason = fileErrorReason(error);
    if (relative.length === 0) throw unusableFolder(walk.folder, reason, walk.option);
    yield {
      kind: 'unreadable',
      path: withoutSlash(path),
      relative: withoutSlash(relative),
      reason: `${UNREADABLE_FOLDER}: ${reason}`,
      mayPass: true,
    };
    return;
  }
  const entries: Entry[] = [];
  for (const dirent of dirents) {
    const entry = await takeEntry(walk, path, dirent, chain);
    if (entry) entries.push(entry);
  }
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { key, directory, isImage } of entries) {
    const below = Buffer.concat([relative, key]);
    if (directory) {
      yield* walkDirectory(walk, below, [...chain, directory]);
    } else {
      const kind = isImage ? 'file' : 'other';
      yield { kind, path: joinPath(walk.folder, below), relative: below };
    }
  }
}

/** What the walk does with one name of a directory; undefined when it is passed over. */
async function takeEntry(
  walk: Walk,
  parent: Buffer,
  dirent: Dirent<Buffer>,
  chain: readonly Buffer[],
): Promise<Entry | undefined> {
  const { name } = dirent;
  if (name[0] === DOT) {
    walk.found.hidden += 1;
    return undefined;
  }
  if (dirent.isDirectory()) {
    const real = joinPath(chain[chain.length - 1], name);
    if (walk.exclude?.equals(real)) return undefined;
    return { key: Buffer.concat([name, SLASH]), directory: real };
  }
  const file = { key: name, isImage: IMAGE_NAME.test(lastPart(name)) };
  if (dirent.isSymbolicLink()) return takeLink(walk, joinPath(parent, name), file, chain);
  return file;
}

async function takeLink(
  walk: Walk,
  path: Buffer,
  file: Entry,
  chain: readonly Buffer[],
): Promise<Entry | undefined> {
  let real: Buffer;
  let isDirectory: boolean;
  try {
    real = await realPath(path);
    isDirectory = (await stat(real)).isDirectory();
  } catch (error) {
    if (!isFileError(error)) throw error;
    // Leads nowhere: with an image's name, reading it will fail and say so.
    return file;
  }
  if (walk.exclude && isWithin(real, walk.exclude)) return undefined;
  if (!walk.followLinks && !isWithin(real, walk.root)) {
    walk.found.linksOutside += 1;
    return undefined;
  }
  // A folder that holds one of those we are in would lead back here.
  if (isDirectory && chain.some((ancestor) => isWithin(ancestor, real))) {
    walk.found.linkLoops += 1;
    return undefined;
  }
  return isDirectory ? { key: Buffer.concat([file.key, SLASH]), directory: real } : file;
}

async function realInputFolder(folder: Buffer, option: string): Promise<Buffer> {
  try {
    const real = await realPath(folder);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such folder' : fileErrorReason(error);
    throw unusableFolder(folder, reason, option);
  }
  throw unusableFolder(folder, 'is not a folder', option);
}

function unusableFolder(folder: Buffer, reason: string, option: string): UserError {
  return new UserError(
    `${option} ${shownPath(folder)}: ${reason}; give the folder that holds the images`,
  );
}

/** Whether the real path `path` is `folder` or lies below it. */
export function isWithin(path: Buffer, folder: Buffer): boolean {
  const start = joinPath(folder, Buffer.alloc(0));
  return path.equals(folder) || path.subarray(0, start.length).equals(start);
}

function withoutSlash(path: Buffer): Buffer {
  return path.at(-1) === SLASH[0] ? path.subarray(0, -1) : path;
}
