/**
 * Names of classes that a model or a file of results gives. They are untrusted: they become columns, keys and names of
 * files (`CLASS.txt`).
 */
import { CLASS_NAMES } from './labels.js';

/** Begins with a letter or digit, so that no file is hidden or taken for an option. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_+-]{0,39}$/;

/** What `checkClassNames` takes, for messages. */
export const CLASS_NAME_RULE =
  'two to 100 different names of 1 to 40 letters, digits, _ - or +, of which the first is a letter or digit';

/** So many cells of a confusion matrix can still be read. */
const MOST_CLASSES = 100;

/** Other columns and keys of the files that have a column for each class. */
const COLUMNS = [
  ...['path', 'label', 'confidence', 'line', 'source', 'reason', 'overlaps'],
  ...['identity', 'images', 'drawn', 'best_class', 'tie'],
];

/** Files of results that `CLASS.txt` would replace. */
const FILES = ['pred_ethnicities', 'failed'];

/** Names that Windows keeps for devices, whatever follows the dot. */
const DEVICE = /^(con|prn|aux|nul|(com|lpt)\d)$/;

const RESERVED = new Set([...COLUMNS, ...FILES]);

/** How far from one the first row of probabilities may add up to: files have six decimals or more. */
export const SUM_TOLERANCE = 1e-3;

/**
 * @returns what is wrong with the names, of which none is quoted; undefined for names that can be used: those of
 *   CLASS_NAME_RULE, different also without regard to case, and none that another column, file or device has
 */
export function classNamesProblem(names: readonly string[]): string | undefined {
  const lower = names.map((name) => name.toLowerCase());
  if (names.length < 2) return 'there are fewer than two';
  if (names.length > MOST_CLASSES) return `there are ${names.length}`;
  if (!names.every((name) => NAME.test(name))) return 'one has other characters or another length';
  const taken = lower.find((name) => RESERVED.has(name) || DEVICE.test(name));
  if (taken !== undefined) return `"${taken}" has another meaning`;
  return new Set(lower).size === names.length ? undefined : 'two are alike but for their case';
}

/** The names of a comma-separated list, as models have it in their metadata; without one, those of the bundled model. */
export function modelClassNames(list: string | undefined): readonly string[] {
  return list === undefined ? CLASS_NAMES : list.split(',');
}

/** What tells the classes besides the file of predictions itself. */
export interface ClassNameSources {
  /** By the record beside the file; undefined where there is none. */
  readonly recorded?: readonly string[] | undefined;
  /** Those of a file without columns of classes, where there is no record. */
  readonly fallback?: readonly string[] | undefined;
}

/** The classes of a file of predictions without probabilities. */
export function labelClassNames({ recorded, fallback }: ClassNameSources): readonly string[] {
  if (recorded !== undefined) return recorded;
  return fallback === undefined || isSame(fallback, CLASS_NAMES) ? CLASS_NAMES : fallback;
}

/**
 * The classes of a file of predictions with further columns: those that the record names, if they all are columns; else
 * those of the bundled model, if their values are probabilities that add up to one; else the columns that no other file
 * of results has, whose values are probabilities that add up to one.
 *
 * @param row the further columns of the first prediction, in their order
 * @returns names that may still break the rule; where no columns are such, those of a file without probabilities
 */
export function columnClassNames(
  row: ReadonlyMap<string, unknown>,
  { recorded, fallback }: ClassNameSources,
): readonly string[] {
  if (recorded?.every((name) => row.has(name))) return recorded;
  const found = probabilityColumns(row);
  const bundled: readonly string[] = CLASS_NAMES;
  const four = found.filter(([name]) => bundled.includes(name));
  // Another column that happens to begin with 0 is no fifth class.
  if (four.length === bundled.length && isOne(sumOf(four))) return CLASS_NAMES;
  // Without the one whose value is damaged, three would be left that may add up to one.
  if (four.length < bundled.length && bundled.every((name) => row.has(name))) return CLASS_NAMES;
  const names = found.map(([name]) => name);
  if (names.length >= 2 && isOne(sumOf(found))) return names;
  // Names that are columns are not of a file without columns of classes.
  const isOfOthers = fallback?.some((name) => row.has(name));
  return labelClassNames({ recorded, fallback: isOfOthers ? undefined : fallback });
}

/** The columns that no other file of results has, whose values may be probabilities. */
export function probabilityColumns(
  row: ReadonlyMap<string, unknown>,
): readonly (readonly [name: string, value: number])[] {
  return [...row].filter(
    (column): column is [string, number] =>
      !RESERVED.has(column[0]) && typeof column[1] === 'number' && column[1] >= 0 && column[1] <= 1,
  );
}

export function sumOf(columns: readonly (readonly [string, number])[]): number {
  return columns.reduce((sum, [, value]) => sum + value, 0);
}

/** As the probabilities of a row add up to. */
export function isOne(sum: number): boolean {
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/** In whatever order. */
function isSame(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && others.every((name) => names.includes(name));
}
