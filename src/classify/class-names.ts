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
const SUM_TOLERANCE = 1e-3;

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

/**
 * The classes of a file of predictions without probabilities.
 *
 * @param recorded by the record beside the file; undefined where there is none
 */
export function labelClassNames(recorded: readonly string[] | undefined): readonly string[] {
  return recorded ?? CLASS_NAMES;
}

/**
 * The classes of a file of predictions with further columns: those that the record names, if they all are columns;
 * without it the columns that no other file of results has, whose values are probabilities that add up to one.
 *
 * @param row the further columns of the first prediction, in their order
 * @param recorded by the record beside the file; undefined where there is none
 * @returns names that may still break the rule; where no columns are such, those of a file without probabilities
 */
export function columnClassNames(
  row: ReadonlyMap<string, unknown>,
  recorded: readonly string[] | undefined,
): readonly string[] {
  const known = labelClassNames(recorded);
  if (recorded?.every((name) => row.has(name))) return recorded;
  const probabilities = [...row].filter(
    (column): column is [string, number] =>
      !RESERVED.has(column[0]) && typeof column[1] === 'number' && column[1] >= 0 && column[1] <= 1,
  );
  const names = probabilities.map(([name]) => name);
  const sum = probabilities.reduce((total, [, value]) => total + value, 0);
  if (names.length < 2 || Math.abs(sum - 1) > SUM_TOLERANCE) return known;
  // The order of the columns means nothing where the names are known.
  const isKnown = names.length === known.length && known.every((name) => row.has(name));
  return isKnown ? known : names;
}
