import type { CommandName } from './commands.js';
import type { OptionValue } from './values.js';

/** What takes options in the library. */
export type LibraryPart =
  | 'Aligner'
  | 'Classifier'
  | 'Analyzer'
  | 'decideIdentities'
  | 'walkImages'
  | 'encodeImage'
  | 'convertCheckpoint';

/** An option, as the table has it. One that differs between commands has a row for each kind of it. */
export interface OptionRow<T = unknown> {
  /** With underscores, `min_face_size`: the command line's `--min_face_size` and the name in records. */
  readonly name: string;
  readonly value: OptionValue<T>;
  readonly help: string;
  /** Those that have it; none where only the library does. */
  readonly commands: readonly CommandName[];
  /** Heading in the help. */
  readonly group: string;
  /** Whether a command refuses to run without it. */
  readonly required?: boolean;
  /** The value where it is not given, or what finds it. */
  readonly default?: T | (() => T);
  /** What the help says of the default, where that is not its text. */
  readonly shown?: string;
  /** By its value, values of later options where those are not given, in place of their defaults. */
  readonly sets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Without another option this one has no effect, and is refused. */
  readonly needs?: { readonly option: string; readonly says: string };
  /** With another value of that option this one has no effect, and is refused. */
  readonly only?: { readonly option: string; readonly is: string };
  /** Whether it may change a number or a row of results; records say what it was. */
  readonly changesResults?: boolean;
  /** Its name in the library, in those of `parts` that have it, and how it differs there. */
  readonly library?: string;
  readonly parts?: readonly LibraryPart[];
  readonly inLibrary?: { readonly value: OptionValue<T>; readonly default: T };
}

/** A row of the table, whose type the compiler knows to the letter. */
export function option<
  const N extends string,
  T,
  const R extends Omit<OptionRow<NoInfer<T>>, 'name' | 'value' | 'help'>,
>(name: N, value: OptionValue<T>, help: string, rest: R) {
  return { name, value, help, ...rest };
}
