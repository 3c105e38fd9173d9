/** The errors that the readers of archives throw. Those of the project are imported here only. */
import { quoted } from '../../files/text/shown.js';
import { shownPath } from '../../files/text/shown-path.js';

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
  return shownPath(path);
}

/** A name from a file for a message: in quotes, without control characters, cut when long. */
export function quotedName(name: string | Buffer): string {
  return quoted(name.toString());
}
