/**
 * Paths are bytes: a file name need not be valid UTF-8, so a path stays a Buffer from the listing
 * to the edge. Here it is joined, and turned into text and back where text must be written.
 */
import { isUtf8 } from 'node:buffer';
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { InputError } from './errors.js';
import { shown } from './text/shown.js';

const SLASH = 0x2f;
const QUOTE = '"';

/** Characters that would break a line format: C0 and C1 controls, and the two Unicode line ends. */
const BREAKS_A_LINE = /[\p{Cc}\u2028\u2029]/u;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

const UNESCAPED: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** `folder` as the user gave it, a slash where it lacks one, and `relative`. */
export function joinPath(folder: Buffer, relative: Buffer): Buffer {
  if (folder.length === 0) return relative;
  const slash = folder[folder.length - 1] === SLASH ? '' : '/';
  return Buffer.concat([folder, Buffer.from(slash), relative]);
}

/** The path without links, absolute, with `/` between its parts on every system; fails as `realpath` does. */
export async function realPath(path: string | Buffer): Promise<Buffer> {
  return withSlashes(await realpath(path, { encoding: 'buffer' }));
}

/** @param separator of the system; Windows has `\\`, which no name may hold there */
export function withSlashes(path: Buffer, separator = sep): Buffer {
  if (separator === '/') return path;
  // A character a byte: the separator is one, and no byte of another character in UTF-8.
  return Buffer.from(path.toString('latin1').replaceAll(separator, '/'), 'latin1');
}

/**
 * `path` as a JSON or CSV value: its text, or the quoted form of `pathLine` where the bytes are not
 * valid UTF-8. A path that begins with a double quote is quoted too, so that the two can be told
 * apart and `parsePathLine` reads either.
 */
export function pathText(path: Buffer): string {
  const text = path.toString();
  return isUtf8(path) && !text.startsWith(QUOTE) ? text : quotedPath(path);
}

/**
 * `path` on a line of its own format: as it is, or JSON-quoted when it has a control character,
 * is not valid UTF-8 (those bytes become \xNN), or begins with a double quote.
 */
export function pathLine(path: Buffer): string {
  const text = pathText(path);
  return BREAKS_A_LINE.test(text) ? quotedPath(path) : text;
}

/** The path that `pathText` or `pathLine` wrote. Throws InputError when its quoting is broken. */
export function parsePathLine(text: string): Buffer {
  if (!text.startsWith(QUOTE)) return Buffer.from(text);
  if (text.length < 2 || !text.endsWith(QUOTE)) throw brokenQuoting(text);
  const parts: Buffer[] = [];
  const token = /\\x([\da-fA-F]{2})|\\u([\da-fA-F]{4})|\\(["\\/bfnrt])|([^"\\]+)/gy;
  const inner = text.slice(1, -1);
  while (token.lastIndex < inner.length) {
    const match = token.exec(inner);
    if (match === null) throw brokenQuoting(text);
    const [, byte, codeUnit, short, plain] = match;
    if (byte !== undefined) parts.push(Buffer.from(byte, 'hex'));
    else if (codeUnit !== undefined)
      parts.push(Buffer.from(String.fromCharCode(Number.parseInt(codeUnit, 16))));
    else parts.push(Buffer.from(short === undefined ? plain : UNESCAPED[short]));
  }
  return Buffer.concat(parts);
}

/** `path` between double quotes with JSON's escapes, and \xNN for bytes that are not UTF-8. */
export function quotedPath(path: Buffer): string {
  let quoted = QUOTE;
  for (let at = 0; at < path.length; ) {
    const character = path.subarray(at, at + utf8Length(path[at]));
    if (isUtf8(character)) {
      quoted += escapeCharacter(character.toString());
      at += character.length;
    } else {
      quoted += `\\x${path[at].toString(16).padStart(2, '0')}`;
      at += 1;
    }
  }
  return quoted + QUOTE;
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  if (!BREAKS_A_LINE.test(character)) return character;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The length in bytes of the UTF-8 sequence that `lead` would begin. */
function utf8Length(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function brokenQuoting(text: string): InputError {
  return new InputError(`not a complete quoted path: ${shown(text)}`);
}
