/** The errors that the readers of archives throw. Those of the project are imported here only. */
export { InputError, UserError } from '../../files/errors.js';

/** Content that breaks the rules of its format; a reader turns it into a `Damage`. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
  readonly offset: number;
  /** What should be there. */
  readonly expected: string;

  constructor(offset: number, expected: string, options?: ErrorOptions) {
    super(`byte ${offset}: expected ${expected}`, options);
    this.offset = offset;
    this.expected = expected;
  }
}

/** The path of an archive for a message: as it is, or in quotes when it would break the line. */
export function fileText(path: string | Buffer): string {
  const text = path.toString();
  return /^"|[\p{Cc}\u2028\u2029\ufffd]/u.test(text) ? quotedName(text) : text;
}

/** A name from a file for a message: in quotes, without control characters, cut when long. */
export function quotedName(name: string | Buffer): string {
  const text = name.toString();
  const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
  return JSON.stringify(shown).replace(/[\p{Cc}\u2028\u2029]/gu, '?');
}
