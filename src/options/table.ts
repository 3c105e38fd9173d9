/**
 * The table of all options, in the order of the help. The command line, the library's checks, records of what
 * results were made with, and completion are made from it.
 */
import type { Fraction } from '../analysis/consensus/rule.js';
import {
  CONSENSUS_OPTIONS,
  CONVERT_OPTIONS,
  EVALUATE_OPTIONS,
  MERGE_OPTIONS,
} from './analysis-options.js';
import { AUDIT_OPTIONS } from './audit-options.js';
import type { CommandName } from './commands.js';
import { CROP_FILE_OPTIONS, FACE_OPTIONS, INPUT_OPTIONS } from './face-options.js';
import { CLASSIFIER_OPTIONS, GRID_OPTIONS, REPORT_OPTIONS } from './prediction-options.js';
import type { LibraryPart, OptionRow } from './row.js';
import {
  COMPUTE_OPTIONS,
  EARLIER_RESULTS_OPTIONS,
  FOLDER_OPTIONS,
  GENERAL_OPTIONS,
} from './run-options.js';
import type { OptionValue } from './values.js';

export const TABLE = [
  ...CONVERT_OPTIONS,
  ...CONSENSUS_OPTIONS,
  ...EVALUATE_OPTIONS,
  ...AUDIT_OPTIONS,
  ...MERGE_OPTIONS,
  ...FOLDER_OPTIONS,
  ...CLASSIFIER_OPTIONS,
  ...GRID_OPTIONS,
  ...REPORT_OPTIONS,
  ...FACE_OPTIONS,
  ...CROP_FILE_OPTIONS,
  ...INPUT_OPTIONS,
  ...EARLIER_RESULTS_OPTIONS,
  ...COMPUTE_OPTIONS,
  ...GENERAL_OPTIONS,
] as const satisfies readonly OptionRow[];

type Row = (typeof TABLE)[number];

type OfCommand<R extends Row, C extends CommandName> = R extends unknown
  ? C extends R['commands'][number]
    ? R
    : never
  : never;

type OfPart<R extends Row, P extends LibraryPart> = R extends {
  library: string;
  parts: readonly (infer Q)[];
}
  ? P extends Q
    ? R
    : never
  : never;

/** Rows whose option always has a value. */
type Settled<R extends Row> = Extract<R, { required: true } | { default: unknown }>;

type ValueOf<R extends Row> = R['value'] extends OptionValue<infer T> ? T : never;

type ValuesOf<R extends Row> = {
  readonly [S in Settled<R> as S['name']]: ValueOf<S>;
} & {
  readonly [S in Exclude<R, Settled<R>> as S['name']]?: ValueOf<S> | undefined;
};

/** The options of a command by their names, defaults filled in. */
export type OptionsOf<C extends CommandName> = ValuesOf<OfCommand<Row, C>>;

/** The options of a part of the library by their names on the command line, defaults filled in. */
export type SettingsOf<P extends LibraryPart> = ValuesOf<OfPart<Row, P>>;

/** The options of a part of the library as its users give them; a fraction as the number nearest to it. */
export type LibraryOptions<P extends LibraryPart> = {
  readonly [R in OfPart<Row, P> as R['library']]?:
    | (ValueOf<R> extends Fraction ? number : ValueOf<R>)
    | undefined;
};

/** The options under a heading of the help. */
export type OptionsUnder<G extends Row['group']> = ValuesOf<Extract<Row, { group: G }>>;

const ROWS: readonly OptionRow[] = TABLE;

export function rowsOfCommand(command: CommandName): OptionRow[] {
  return ROWS.filter(({ commands }) => commands.includes(command));
}

export function rowsOfPart(part: LibraryPart): OptionRow[] {
  return ROWS.filter(({ library, parts }) => library !== undefined && parts?.includes(part));
}

export function isOption(name: string): boolean {
  return ROWS.some((row) => row.name === name && row.commands.length > 0);
}

/** Whether it is an option of the command that takes no value. */
export function isFlag(command: CommandName, name: string): boolean {
  const row = rowsOfCommand(command).find((one) => one.name === name);
  return row !== undefined && row.value.placeholder === undefined;
}
