/** The input images of a run, named by a list. Paths are bytes (files/paths.ts), with `/` between their parts. */
import { UserError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import { joinPath } from '../files/paths.js';
import { shownPath } from '../files/shown-path.js';
import type { ImageFile } from './input.js';
import { listStream } from './list-stream.js';

const SLASH = Buffer.from('/');

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
      throw new UserError(`${where} names a folder, ${shownPath(path)}; list the images in it`);
    }
    if (folder) {
      if (!inside) {
        throw new UserError(
          `${where} leads outside the input folder: ${shownPath(path)}; ` +
            'list paths below it, or leave out the input folder',
        );
      }
      const relative = joinParts(inside);
      yield { kind: 'file', path: joinPath(folder, relative), relative };
    } else {
      const relative = joinParts(inside ?? [Buffer.from('_outside'), ...parts]);
      yield { kind: 'file', path, relative };
    }
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

async function* readList(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* listStream(file);
  } catch (error) {
    if (!isFileError(error)) throw error;
    const reason = fileErrorReason(error);
    throw new UserError(
      `--in_list ${shownPath(file)}: ${reason}; give a file with one path a line, or -`,
    );
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
