/** What the parts of a file of known errors have to be. */
import { UserError } from '../../../files/errors.js';
import { own } from '../../../files/own.js';

const MOST_CLASSES = 64;
const LONGEST_NAME = 100;
/** Sums of as many counts as there can be stay whole numbers. */
const HIGHEST_COUNT = 1e11;
/** Controls, invisible and direction marks, halves of characters, line ends: none belongs in a name or a line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Distinct names that can be printed, at least two. */
export function checkNames(value: unknown, file: string): string[] {
  const names = Array.isArray(value) ? value : [];
  if (names.length < 2 || names.length > MOST_CLASSES) {
    throw new UserError(
      `${file}: \`class_names\` is not a list of 2 to ${MOST_CLASSES} names. Give the names of the classes in the order of \`confusion\`.`,
    );
  }
  for (const [k, name] of names.entries()) {
    const isName = typeof name === 'string' && name.trim() !== '' && name.length <= LONGEST_NAME;
    if (!isName || UNPRINTABLE.test(name)) {
      throw new UserError(
        `${file}: name ${k + 1} of \`class_names\` is not a text of 1 to ${LONGEST_NAME} printable characters. Correct it.`,
      );
    }
  }
  if (new Set(names).size < names.length) {
    throw new UserError(
      `${file}: \`class_names\` has a name twice. Give each class a name of its own.`,
    );
  }
  return names;
}

/** A square of counts. */
export function checkCounts(value: unknown, size: number, file: string, what: string): number[][] {
  const rows: unknown[] = Array.isArray(value) ? value : [];
  const isSquare =
    rows.length === size && rows.every((row) => Array.isArray(row) && row.length === size);
  if (!isSquare) {
    throw new UserError(
      `${file}: ${what} is not ${size} rows of ${size} numbers. Give a row for each true class, a column for each predicted one.`,
    );
  }
  for (const count of rows.flat()) {
    const isCount = Number.isInteger(count) && (count as number) >= 0;
    if (!isCount || (count as number) > HIGHEST_COUNT) {
      throw new UserError(
        `${file}: ${what} has a value that is no count from 0 to ${HIGHEST_COUNT}. Give numbers of faces, not shares.`,
      );
    }
  }
  return rows as number[][];
}

/**
 * Refuses counts whose rows do not sum to the supports, where there are any.
 *
 * @param classes by name, each with its `support`
 */
export function checkSupport(
  classes: unknown,
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
  file: string,
): void {
  const supports = classNames.map((name) => own(own(classes, name), 'support'));
  const contradicts = (sums: readonly number[]) =>
    supports.findIndex((support, i) => support !== undefined && support !== sums[i]);
  const rows = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const wrong = contradicts(rows);
  if (wrong < 0) return;
  const columns = classNames.map((_, j) => confusion.reduce((sum, row) => sum + row[j], 0));
  const advice =
    contradicts(columns) < 0
      ? 'Its columns do: transpose it, so that the rows are the truth'
      : 'Give `confusion` and `classes` of the same faces, the rows being the truth';
  throw new UserError(
    `${file}: row ${classNames[wrong]} of \`confusion\` does not sum to the class's \`support\`. ${advice}.`,
  );
}

/** A text on one line, or null where there is none. */
export function text(value: unknown, file: string, what: string, longest: number): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value.length > longest || UNPRINTABLE.test(value)) {
    throw new UserError(
      `${file}: ${what} is not a text of at most ${longest} printable characters. Correct it or leave it out.`,
    );
  }
  return value;
}
