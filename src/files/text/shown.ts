/**
 * Text that comes from outside, for a message: a terminal must not carry it out, and it may be of any length. Whoever
 * makes a message puts foreign values into it by `shown`, `quoted` or `shownPath` (shown-path.ts); whoever prints one, or writes it to a
 * file, passes the whole of it through `forTerminal`, so that what was forgotten does no harm.
 */

/** Controls, line ends, characters without width and those that turn the direction of what follows. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The same but for the newline, which ends our own lines. */
const HARMFUL_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Longest text that is shown whole, UTF-16 units. */
const LONGEST = 200;

/** `value` as part of a message: harmful characters escaped as JSON has them, cut to 200 characters. */
export function shown(value: unknown): string {
  return escaped(start(typeof value === 'string' ? value : json(value)));
}

/** The same between double quotes where it is text. */
export function quoted(value: unknown): string {
  if (typeof value !== 'string') return shown(value);
  return escaped(JSON.stringify(start(value)));
}

/** Text that is printed, of which only the newlines are ours: harmful characters escaped. */
export function forTerminal(text: string): string {
  return text.replace(HARMFUL_IN_LINES, unicodeEscape);
}

/** `value` as JSON on one line that holds no harmful character. */
export function jsonLine(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** Whether `text` holds nothing that is escaped. */
export function isHarmless(text: string): boolean {
  return text.search(HARMFUL) < 0;
}

/** `text` with all harmful characters escaped, the newline too. */
export function escaped(text: string): string {
  return text.replace(HARMFUL, unicodeEscape);
}

/** Longest message of a library that is repeated whole: onnxruntime's have names that are the model's, of any length. */
const LONGEST_MESSAGE = 500;

/** What an error says, for a message of one line: without the control characters that foreign names may have. */
export function firstLine(error: unknown): string {
  const [line] = String(error instanceof Error ? error.message : error).split('\n', 1);
  const text = line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
  return escaped(text.replace(/\p{Cc}+/gu, ' '));
}

function unicodeEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function start(text: string): string {
  return text.length > LONGEST ? `${wholeCharacters(text.slice(0, LONGEST))}…` : text;
}

/** Without the half of a surrogate pair that a cut leaves. */
export function wholeCharacters(part: string): string {
  return part.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}

/** JSON in which no text is long: a message need not hold what it does not show. */
function json(value: unknown): string {
  const short = (_: string, part: unknown) => (typeof part === 'string' ? start(part) : part);
  try {
    return JSON.stringify(value, short) ?? String(value);
  } catch {
    // A circle, or a bigint.
    return typeof value === 'bigint' ? `${value}` : `a value of type ${typeof value}`;
  }
}
