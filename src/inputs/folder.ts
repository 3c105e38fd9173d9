/**
 * The input images of a run, in one fixed order: found by walking a folder, or named by a list.
 * Paths are bytes throughout (see paths.ts), with `/` between their parts.
 */
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { UserError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import { joinPath, pathLine, realPath } from '../files/paths.js';

export interface ImageFile {
  /** Opens the file: the input folder as it was given, and `relative`; or the path as listed. */
  path: Buffer;
  /** Where the file is below the input folder; names its results. */
  relative: Buffer;
}

/** A sub-folder whose images are lost to the run, and why. Known from an image by its `reason`. */
export interface UnreadableFolder extends ImageFile {
  reason: string;
  /** Whether another attempt may succeed; true unless given. */
  mayPass?: boolean;
}

/** Links a walk did not follow. Links to files that are no images by name are not counted. */
export interface WalkCounts {
  /** Links that lead out of the tree. */
  linksOutside: number;
  /** Links that lead back to a folder they lie in. */
  linkLoops: number;
}

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
  counts?: WalkCounts;
}

const SLASH = Buffer.from('/');
const DOT = 0x2e;
/** How the names of images end. */
export const IMAGE_NAME = /\.(jpe?g|png|webp|bmp|tiff?|avif|gif)$/i;

/**
 * Walks `folder` for files with an image's name, in byte order of their relative path (so a
 * directory sorts as `name/`). Names that begin with a dot are skipped. Only the names of the
 * directories on the way down are held, and each directory is read when the walk reaches it.
 * Links, pipes and other special files with an image's name are yielded when they are no folder:
 * whoever reads them finds out what is wrong and can list it.
 * A `folder` that is missing or cannot be read is a UserError.
 */
export async function* walkImages(
  folder: Buffer,
  options: WalkOptions,
): AsyncGenerator<ImageFile | UnreadableFolder> {
  const option = options.option ?? '--in_dir';
  const root = await realInputFolder(folder, option);
  const walk: Walk = {
    option,
    folder,
    root,
    followLinks: options.followLinks,
    // Results that go into the input folder itself, or above it, cannot be told from input.
    exclude: options.exclude && !isWithin(root, options.exclude) ? options.exclude : undefined,
    counts: options.counts ?? { linksOutside: 0, linkLoops: 0 },
  };
  yield* walkDirectory(walk, Buffer.alloc(0), [root]);
}

interface Walk {
  option: string;
  folder: Buffer;
  root: Buffer;
  followLinks: boolean;
  exclude: Buffer | undefined;
  counts: WalkCounts;
}

interface Entry {
  /** The name; of a directory, with a slash at its end. Sorting these gives the walk's order. */
  key: Buffer;
  /** The real path of a directory; undefined for a file. */
  directory?: Buffer;
}

/** `chain` holds the real paths of the directories from the input folder down to this one. */
async function* walkDirectory(
  walk: Walk,
  relative: Buffer,
  chain: readonly Buffer[],
): AsyncGenerator<ImageFile | UnreadableFolder> {
  const path = relative.length === 0 ? walk.folder : joinPath(walk.folder, relative);
  let dirents: Dirent<Buffer>[];
  try {
    // Where the file system does not tell types, readdir itself asks with lstat.
    dirents = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    const reason = fileErrorReason(error);
    if (relative.length === 0) throw unusableFolder(walk.folder, reason, walk.option);
    yield {
      path: withoutSlash(path),
      relative: withoutSlash(relative),
      reason: `${UNREADABLE_FOLDER}: ${reason}`,
    };
    return;
  }
  const entries: Entry[] = [];
  for (const dirent of dirents) {
    const entry = await takeEntry(walk, path, dirent, chain);
    if (entry) entries.push(entry);
  }
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { key, directory } of entries) {
    const below = Buffer.concat([relative, key]);
    if (directory) yield* walkDirectory(walk, below, [...chain, directory]);
    else yield { path: joinPath(walk.folder, below), relative: below };
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
  if (name[0] === DOT) return undefined;
  if (dirent.isDirectory()) {
    const real = joinPath(chain[chain.length - 1], name);
    if (walk.exclude?.equals(real)) return undefined;
    return { key: Buffer.concat([name, SLASH]), directory: real };
  }
  const isImage = IMAGE_NAME.test(name.toString('latin1'));
  if (dirent.isSymbolicLink()) return takeLink(walk, joinPath(parent, name), name, isImage, chain);
  return isImage ? { key: name } : undefined;
}

async function takeLink(
  walk: Walk,
  path: Buffer,
  name: Buffer,
  isImage: boolean,
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
    return isImage ? { key: name } : undefined;
  }
  if (!isDirectory && !isImage) return undefined;
  if (walk.exclude && isWithin(real, walk.exclude)) return undefined;
  if (!walk.followLinks && !isWithin(real, walk.root)) {
    walk.counts.linksOutside += 1;
    return undefined;
  }
  // A folder that holds one of those we are in would lead back here.
  if (isDirectory && chain.some((ancestor) => isWithin(ancestor, real))) {
    walk.counts.linkLoops += 1;
    return undefined;
  }
  return isDirectory ? { key: Buffer.concat([name, SLASH]), directory: real } : { key: name };
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
    `${option} ${pathLine(folder)}: ${reason}; give the folder that holds the images`,
  );
}

/** Whether the real path `path` is `folder` or lies below it. */
function isWithin(path: Buffer, folder: Buffer): boolean {
  const start = joinPath(folder, Buffer.alloc(0));
  return path.equals(folder) || path.subarray(0, start.length).equals(start);
}

function withoutSlash(path: Buffer): Buffer {
  return path.at(-1) === SLASH[0] ? path.subarray(0, -1) : path;
}

export interface ListOptions {
  /** The input folder as given: listed paths are relative to it, and must lie below it. */
  folder?: Buffer;
  /** Paths are separated by NUL bytes instead of line ends. */
  nul: boolean;
}

/** No path is longer (Linux: 4096 bytes): longer means that the separators are others. */
const MAX_PATH_BYTES = 32768;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const BLANK_LINE = /^[ \t]*$/;

/**
 * The files that a list names, in the list's order, whatever their names end in. `source` is the
 * list's file name, `-` for standard input, or its bytes. One path a line (LF or CRLF, blank lines
 * skipped), or NUL-separated. It is read as it is needed, so a list may be endless.
 *
 * With `folder`, a path is relative to it, or absolute and below it; one that leads outside, read
 * as text without asking the file system, is a UserError. Without it, paths are relative to the
 * current folder and `path` is as listed; outside of the current folder `relative` is
 * `_outside/` and the absolute path.
 */
export async function* listImages(
  source: string | AsyncIterable<Uint8Array>,
  options: ListOptions,
): AsyncGenerator<ImageFile> {
  const { folder, nul } = options;
  const current = splitPath(Buffer.from(process.cwd()));
  const base = folder ? resolvePath(current, folder) : current;
  const chunks = typeof source === 'string' ? readList(source) : source;
  let number = 0;
  for await (const entry of splitEntries(chunks, nul ? 0 : LINE_FEED)) {
    number += 1;
    const path = nul ? entry : withoutLineEnd(entry, number);
    if (path.length === 0 || (!nul && BLANK_LINE.test(path.toString('latin1')))) continue;
    const where = `--in_list: ${nul ? 'path' : 'line'} ${number}`;
    if (path.length > MAX_PATH_BYTES || path.includes(0)) {
      const remedy = nul
        ? 'leave out --null if they end in newlines'
        : 'add --null if they end in NUL';
      throw new UserError(`${where} is not a path; ${remedy}`);
    }
    const parts = resolvePath(base, path);
    const inside = partsBelow(parts, base);
    if (inside?.length === 0) {
      throw new UserError(`${where} names a folder, ${pathLine(path)}; list the images in it`);
    }
    if (folder) {
      if (!inside) {
        throw new UserError(
          `${where} leads outside the input folder: ${pathLine(path)}; ` +
            'list paths below it, or leave out the input folder',
        );
      }
      const relative = joinParts(inside);
      yield { path: joinPath(folder, relative), relative };
    } else {
      yield { path, relative: joinParts(inside ?? [Buffer.from('_outside'), ...parts]) };
    }
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

async function* readList(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file);
  } catch (error) {
    if (!isFileError(error)) throw error;
    const reason = fileErrorReason(error);
    throw new UserError(`--in_list ${file}: ${reason}; give a file with one path a line, or -`);
  }
}

/** The bytes between separators. What is longer than any path is cut, and comes as it stands. */
async function* splitEntries(
  chunks: AsyncIterable<Uint8Array>,
  separator: number,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(separator, start);
      if (end < 0) break;
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_PATH_BYTES) yield rest;
  }
  if (rest.length > 0) yield rest;
}

function withoutLineEnd(line: Buffer, number: number): Buffer {
  const start = number === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  return line.subarray(start, line.at(-1) === CARRIAGE_RETURN ? -1 : undefined);
}

/** The parts of a path between slashes; those that are empty or `.` say nothing and are left out. */
function splitPath(path: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start <= path.length; ) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    const part = path.subarray(start, end);
    if (part.length > 0 && part.toString('latin1') !== '.') parts.push(part);
    start = end + 1;
  }
  return parts;
}

/** The parts of the absolute path that `path` is, seen from `base`, with `..` taken as text. */
function resolvePath(base: readonly Buffer[], path: Buffer): Buffer[] {
  const parts = path[0] === SLASH[0] ? [] : [...base];
  for (const part of splitPath(path)) {
    if (part.toString('latin1') === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}

/** What of `parts` lies below `base`; undefined when they lead elsewhere. */
function partsBelow(parts: readonly Buffer[], base: readonly Buffer[]): Buffer[] | undefined {
  return base.every((part, i) => parts[i]?.equals(part)) ? parts.slice(base.length) : undefined;
}

function joinParts(parts: readonly Buffer[]): Buffer {
  return parts.reduce((path, part) => joinPath(path, part));
}
