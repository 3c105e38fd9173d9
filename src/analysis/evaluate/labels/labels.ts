/** The truth: a CSV file with a header, a path and a label a row, and whatever else. */

import { InputError, UserError } from '../../../files/errors.js';
import { parsePathLine } from '../../../files/paths.js';
import { csvText } from '../../../files/text/csv.js';
import { type CsvLine, parseCsvRecords } from '../../../files/text/csv-records.js';
import { quoted, shown } from '../../../files/text/shown.js';
import { notTextReason } from '../../../files/text/text-file.js';
import { comparable } from './label-map.js';
import { isSpreadsheetDate } from './spreadsheet-date.js';

/** One row. */
export interface LabelRow {
  /** Name or path of the image as given; quoted paths are read as facecls writes them. */
  readonly path: Buffer;
  /** As given, without spaces around: any text. */
  readonly label: string;
  /** Values of the grouping columns, in their order, without spaces around; undefined for one that is unknown. */
  readonly groups: readonly (string | undefined)[];
  /** Line on which the row begins; the header's is 1. */
  readonly line: number;
}

export interface LabelColumns {
  /** Default: the first column. */
  readonly path?: string | undefined;
  /** Default: the column `label`, or the second where there is none of this name. */
  readonly label?: string | undefined;
  readonly groups: readonly string[];
}

export interface LabelTable {
  readonly rows: readonly LabelRow[];
  /** Names of the columns that were taken. */
  readonly pathColumn: string;
  readonly labelColumn: string;
  /** Rows of empty fields, which were passed over. */
  readonly emptyRows: number;
  /** Labels with spaces around. */
  readonly trimmedLabels: number;
  /** By column of groups how often each value occurs that is unknown: a spreadsheet turned it into a date. */
  readonly unknownGroups: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * @param csv the file's bytes, UTF-8; spaces around names of columns, labels and groups do not count
 * @param name the file's, for messages
 * @param classNames a header that holds one as its label is a row without a header over it
 * @throws UserError for malformed CSV, a column that is not there (with those that are), no row
 */
export function parseLabels(
  csv: Buffer,
  name: string,
  columns: LabelColumns,
  classNames: readonly string[],
): LabelTable {
  const problem = notTextReason(csv, EXPECTED);
  if (problem !== undefined) throw new UserError(`${name}: ${problem}`);
  const { records: all, emptyRecords } = parseCsvRecords(csv, name);
  const [header, ...records] = all;
  if (header === undefined) throw new UserError(`${name}: is empty; ${EXPECTED}`);
  const names = header.fields.map((field) => csvText(field).trim());
  if (names.length < 2) {
    throw new UserError(
      `${name}: has one column, ${quoted(names[0])}; ${EXPECTED}, with commas between, or with semicolons and a first line \`sep=;\``,
    );
  }
  const at = (option: string, column: string) => columnIndex(name, names, option, column);
  const path = columns.path === undefined ? 0 : at('--path_column', columns.path);
  const label = labelIndex(names, columns.label, at);
  if (columns.label === undefined && isClass(names[label], classNames)) {
    throw new UserError(`${name}: its first line is a row, not a header; put \`path,label\` above`);
  }
  if (label === path) {
    throw new UserError(
      `${name}: path and label are both column ${shown(names[path])}; name others with --path_column and --label_column`,
    );
  }
  const groups = columns.groups.map((column) => at('--group_column', column));
  if (records.length === 0)
    throw new UserError(`${name}: has no row below its header; ${EXPECTED}`);
  const labelOf = ({ fields }: CsvLine) => csvText(fields[label]);
  return {
    rows: records.map((record) => ({
      path: labelPath(name, record.line, record.fields[path]),
      label: labelOf(record).trim(),
      groups: groups.map((column) => groupOf(csvText(record.fields[column]))),
      line: record.line,
    })),
    pathColumn: names[path],
    labelColumn: names[label],
    emptyRows: emptyRecords,
    trimmedLabels: records.filter((record) => labelOf(record) !== labelOf(record).trim()).length,
    unknownGroups: unknownGroups(records, groups, names),
  };
}

function isClass(label: string, classNames: readonly string[]): boolean {
  return classNames.some((name) => comparable(name) === comparable(label));
}

function groupOf(cell: string): string | undefined {
  return isSpreadsheetDate(cell) ? undefined : cell.trim();
}

function unknownGroups(
  records: readonly CsvLine[],
  columns: readonly number[],
  names: readonly string[],
): LabelTable['unknownGroups'] {
  const counted = columns.map((column) => [names[column], unknownValues(records, column)] as const);
  return Object.fromEntries(counted.filter(([, values]) => Object.keys(values).length > 0));
}

function unknownValues(records: readonly CsvLine[], column: number): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { fields } of records) {
    const cell = csvText(fields[column]).trim();
    if (groupOf(cell) === undefined) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

const EXPECTED = 'expected a CSV file with a header, `path,label`, and one image a row';

function labelIndex(
  names: readonly string[],
  column: string | undefined,
  at: (option: string, column: string) => number,
): number {
  if (column !== undefined) return at('--label_column', column);
  return names.includes('label') ? at('--label_column', 'label') : 1;
}

/** @throws UserError where there is no such column, or it is there twice */
export function columnIndex(
  name: string,
  names: readonly string[],
  option: string,
  column: string,
): number {
  const index = names.indexOf(column);
  const reason =
    index < 0 ? 'no such column in' : names.lastIndexOf(column) > index ? 'twice in' : undefined;
  if (reason === undefined) return index;
  throw new UserError(
    `${option} ${shown(column)}: ${reason} ${name}; its columns are ${listed(names)}`,
  );
}

/** Columns for a message: so many as help. */
function listed(names: readonly string[]): string {
  const more = names.length - COLUMNS_SHOWN;
  const first = names.slice(0, COLUMNS_SHOWN).map(shown).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}

const COLUMNS_SHOWN = 30;

export function labelPath(name: string, line: number, text: string): Buffer {
  if (text.trim() === '') throw new UserError(`${name}, line ${line}: has no path; fill it in`);
  try {
    return parsePathLine(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new UserError(`${name}, line ${line}: ${error.message}; correct the line`);
  }
}
