/** The input images of a run, named by a list. Paths are bytes (files/paths.ts), with `/` between their parts. */
import { statSync } from 'node:fs';
import { sep } from 'node:path';
import { UserError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import { joinPath, withSlashes } from '../files/paths.js';
import { shownPath } from '../files/text/shown-path.js';
import { isUtf16, UTF_16_REASON } from '../files/text/text-file.js';
import type { ImageFile } from './input.js';
import { listStream } from './list-stream.js';

const SLASH = Buffer.from('/');

export interface ListOptions {
  /** The input folder as given: listed paths are relative to it, and must lie below it. */
  folder?: Buffer;
  /** Paths are separated by NUL bytes instead of line ends. */
  nul: boolean;
  /** Separator of the parts of paths, beside `/`; the system's by default. */
  separator?: typeof sep;
}

/** Where results of listed files outside of the current folder go. */
const OUTSIDE = '_outside';

/** Whether the list can be read only once, as standard input is: `-`, a pipe, `<(find ...)`. */
export function isReadOnce(list: string): boolean {
  if (list === '-') return true;
  const found = statSync(list, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile();
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
 * `_outside/` and the absolute path, so that no listed path may begin so itself.
 */
export async function* listImages(
  source: string | AsyncIterable<Uint8Array>,
  options: ListOptions,
): AsyncGenerator<ImageFile> {
  const { folder, nul, separator = sep } = options;
  const current = resolvePath([], Buffer.from(process.cwd()), separator);
  const base = folder ? resolvePath(current, folder, separator) : current;
  for await (const { path, where } of listedPaths(source, nul)) {
    const parts = resolvePath(base, path, separator);
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
      continue;
    }
    if (inside?.[0].toString('latin1') === OUTSIDE) {
      throw new UserError(
        `${where} begins with ${OUTSIDE}/, where results of files outside the current folder go: ` +
          `${shownPath(path)}; give its folder as the input folder, or rename it`,
      );
    }
    const relative = joinParts(inside ?? [Buffer.from(OUTSIDE), ...withoutColon(parts, separator)]);
    yield { kind: 'file', path, relative };
  }
}

/** The paths of a list as they stand, without blank lines, and where each stands. */
async function* listedPaths(
  source: string | AsyncIterable<Uint8Array>,
  nul: boolean,
): AsyncGenerator<{ readonly path: Buffer; readonly where: string }> {
  const chunks = refuseUtf16(typeof source === 'string' ? readList(source) : source);
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
    yield { path, where };
  }
}

/** Bytes that tell UTF-16: its mark, or two characters of ASCII. */
const TELLING_BYTES = 4;

async function* refuseUtf16(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < TELLING_BYTES) continue;
    if (isUtf16(start)) throw new UserError(`--in_list: the list ${UTF_16_REASON}`);
    yield start;
    start = undefined;
  }
  if (start !== undefined) yield start;
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

const DRIVE = /^[A-Za-z]:(?=\/|$)/;

/**
 * The parts of the absolute path that `path` is, seen from `base`, with `..` taken as text. On Windows the
 * first part of one with a drive is that drive, `C:`.
 */
function resolvePath(base: readonly Buffer[], path: Buffer, separator: typeof sep): Buffer[] {
  const slashed = withSlashes(path, separator);
  const drive = separator === '/' ? undefined : DRIVE.exec(slashed.toString('latin1', 0, 3))?.[0];
  const isAbsolute = drive !== undefined || slashed[0] === SLASH[0];
  const parts = isAbsolute ? [] : [...base];
  for (const [i, part] of splitPath(slashed).entries()) {
    if (part.toString('latin1') === '..') parts.pop();
    else parts.push(i === 0 && drive ? Buffer.from(drive.toUpperCase()) : part);
  }
  return parts;
}

/** `C` for the drive `C:`: a colon may stand in no name on Windows. */
function withoutColon(parts: readonly Buffer[], separator: typeof sep): readonly Buffer[] {
  if (separator === '/') return parts;
  return parts.map((part) => (DRIVE.test(part.toString('latin1')) ? part.subarray(0, 1) : part));
}

/** What of `parts` lies below `base`; undefined when they lead elsewhere. */
function partsBelow(parts: readonly Buffer[], base: readonly Buffer[]): Buffer[] | undefined {
  return base.every((part, i) => parts[i]?.equals(part)) ? parts.slice(base.length) : undefined;
}

function joinParts(parts: readonly Buffer[]): Buffer {
  return parts.reduce((path, part) => joinPath(path, part));
}
