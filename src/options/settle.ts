/** From what a user gave to the values of all options: read or checked, rules kept, defaults filled in. */
import { invalidOption, UserError } from '../files/errors.js';
import { shown } from '../files/text/shown.js';
import type { CommandName } from './commands.js';
import type { LibraryPart, OptionRow } from './row.js';
import {
  type LibraryOptions,
  type OptionsOf,
  rowsOfCommand,
  rowsOfPart,
  type SettingsOf,
} from './table.js';

/** Values by the names of options; what has neither value nor default is missing. */
type Values = Record<string, unknown>;

/** Words of the command line by the names of options, as commander has them. */
export type GivenWords = Readonly<Record<string, string | readonly string[] | true | undefined>>;

/**
 * The options of a command.
 *
 * @throws UserError where a value is wrong, or an option would have no effect
 */
export function commandOptions<C extends CommandName>(command: C, given: GivenWords): OptionsOf<C> {
  const rows = rowsOfCommand(command);
  const values: Values = {};
  for (const { name, value } of rows) {
    const words = given[name];
    if (words === undefined) continue;
    values[name] = value.parse(`--${name}`, words === true ? [] : [words].flat());
  }
  const missing = rows.find(({ name, required }) => required && values[name] === undefined);
  if (missing !== undefined) {
    const { name, value, help } = missing;
    throw new UserError(
      `--${name}: is missing; give --${name} <${value.placeholder}>, ${help} (facecls ${command} --help lists the options)`,
    );
  }
  const asWritten = (name: string, value?: string) =>
    value === undefined ? `--${name}` : `--${name} ${value}`;
  return settled(rows, values, ({ default: byDefault }) => byDefault, asWritten) as OptionsOf<C>;
}

/**
 * The options of a part of the library, by their names on the command line.
 *
 * @throws UserError where they are no object, there is no such option, a value is wrong, or an option would have no
 *   effect
 */
export function librarySettings<P extends LibraryPart>(
  part: P,
  given: LibraryOptions<P>,
): SettingsOf<P> {
  if (typeof given !== 'object' || given === null) {
    throw invalidOption('options', 'an object', given);
  }
  const rows = rowsOfPart(part);
  const names = new Map(rows.map(({ name, library }) => [name, library!]));
  const known = [...names.values()];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const there = known.length > 1 ? 'there are' : 'there is';
    throw new UserError(`${shown(unknown)}: no such option; ${there} ${known.join(', ')}`);
  }
  const values: Values = {};
  for (const { name, value, library, inLibrary } of rows) {
    const one = (given as Values)[library!];
    if (one !== undefined) values[name] = (inLibrary?.value ?? value).check(library!, one);
  }
  const asWritten = (name: string, value?: string) =>
    value === undefined ? `${names.get(name)}` : `the ${names.get(name)} ${value}`;
  const defaultOf = (row: OptionRow) => row.inLibrary?.default ?? row.default;
  return settled(rows, values, defaultOf, asWritten) as SettingsOf<P>;
}

function settled(
  rows: readonly OptionRow[],
  given: Values,
  defaultOf: (row: OptionRow) => unknown,
  asWritten: (name: string, value?: string) => string,
): Values {
  const values: Values = {};
  const preset: Values = {};
  for (const row of rows) {
    const byDefault = defaultOf(row);
    const value =
      given[row.name] ??
      preset[row.name] ??
      (typeof byDefault === 'function' ? byDefault() : byDefault);
    if (value === undefined) continue;
    values[row.name] = value;
    Object.assign(preset, row.sets?.[value as string]);
  }
  for (const { name, needs, only } of rows) {
    if (given[name] === undefined) continue;
    if (needs !== undefined && !values[needs.option]) {
      throw new UserError(
        `${asWritten(name)} ${needs.says}; add ${asWritten(needs.option)}, or leave this out`,
      );
    }
    if (only !== undefined && values[only.option] !== only.is) {
      throw new UserError(
        `${asWritten(name)} is an option of ${asWritten(only.option, only.is)}, not of ${values[only.option]}; leave it out, or give that ${only.option}`,
      );
    }
  }
  return values;
}

/** Whether the option does something, given the others. */
function hasEffect({ needs, only }: OptionRow, values: Values): boolean {
  if (needs !== undefined && !values[needs.option]) return false;
  return only === undefined || values[only.option] === only.is;
}

/** The options of a command, but for those without an effect: for records. */
export function effectiveOptions<C extends CommandName>(
  command: C,
  options: OptionsOf<C>,
): Partial<OptionsOf<C>> {
  const values = options as Values;
  const rows = rowsOfCommand(command).filter((row) => hasEffect(row, values));
  const entries = rows.map(({ name }) => [name, values[name]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/**
 * What decides about results, of the options alone: what may change a number or a row of them. A flag that is not
 * given is false, anything else that has no value null; options without an effect are left out.
 */
export function resultOptions<C extends CommandName>(
  command: C,
  options: OptionsOf<C>,
): Record<string, string | number | boolean | null | readonly number[]> {
  const values = options as Values;
  const rows = rowsOfCommand(command).filter((row) => row.changesResults && hasEffect(row, values));
  return Object.fromEntries(rows.map(({ name, value }) => [name, recorded(value, values[name])]));
}

function recorded({ placeholder, text }: OptionRow['value'], value: unknown) {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined) return placeholder === undefined ? false : null;
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value;
  return text(value);
}
