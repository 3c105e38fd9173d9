/** Text as pickles write it. */
import { FormatError, quoted } from '../../format-error.js';
import type { ByteReader } from '../byte-reader.js';
import { damagedPickle } from './pickle-value.js';

/** No text in a checkpoint is that long (bytes); V8 cannot hold strings much longer. */
const LONGEST_TEXT = 2 ** 28;

export function textOfLength(
  reader: ByteReader,
  length: number,
  encoding: 'utf8' | 'latin1',
): string {
  if (length > LONGEST_TEXT) throw damagedPickle();
  const bytes = reader.bytes(length);
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString(encoding);
}

const ESCAPES = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** A Python string literal of protocol 0. */
export function unquoted(literal: string): string {
  const text = literal.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
    throw damagedPickle();
  }
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs, (_all, hex, octal, char) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return ESCAPES.get(char) ?? char;
    });
}

/** Python's "raw-unicode-escape", which writes only characters beyond Latin-1 as escapes. */
export function rawUnicodeEscape(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_all, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    if (code > 0x10ffff) throw damagedPickle();
    return String.fromCodePoint(code);
  });
}

/** The index of PUT and GET in protocol 0. */
export function memoIndex(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new FormatError(`is damaged (memo index ${quoted(text)})`);
  return Number(text);
}
