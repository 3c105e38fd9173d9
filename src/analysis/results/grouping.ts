/** Which group a photograph and its faces are of: that of their folder, or of their row in a table. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../files/errors.js';
import { fileErrorReason } from '../../files/file-errors.js';
import { pathText } from '../../files/paths.js';
import { csvText } from '../../files/text/csv.js';
import { parseCsvRecords } from '../../files/text/csv-records.js';
import { shown } from '../../files/text/shown.js';
import { shownPath } from '../../files/text/shown-path.js';
import { notTextReason } from '../../files/text/text-file.js';
import { faceSuffix } from '../../inputs/face-name.js';
import { columnIndex, labelPath } from '../evaluate/labels/labels.js';
import { isSpreadsheetDate } from '../evaluate/labels/spreadsheet-date.js';
import { datesWarning } from '../evaluate/no-match.js';
import { below } from './find-predictions.js';
import { PathIndex } from './path-index.js';

/** Paths of one kind, of predictions or of a manifest, to their groups; null for a path that is of none. */
export interface Grouping {
  /** What the groups are of: `folder`, or the name of a column; null where there are none. */
  readonly by: string | null;
  /** @param folder the input folder as these paths begin; may be empty */
  of(paths: 'predictions' | 'manifest', folder: Buffer): (path: Buffer) => string | null;
  /** What makes the groups doubtful, a sentence each. */
  readonly warnings: readonly string[];
}

export const NO_GROUPS: Grouping = { by: null, of: () => () => null, warnings: [] };

/** Each folder below the input folder is a group; photographs in the input folder itself are in `.`. */
export const FOLDER_GROUPS: Grouping = {
  by: 'folder',
  warnings: [],
  of: (_, folder) => (path) => {
    const relative = below(path, folder);
    const end = relative.lastIndexOf('/');
    return end < 0 ? '.' : pathText(relative.subarray(0, Math.max(end, 1)));
  },
};

interface Row {
  /** Null where it can no longer be told. */
  readonly group: string | null;
  readonly line: number;
  /** The photograph it was found for, of each kind of paths. */
  readonly photographs: Map<string, string>;
}

/**
 * The groups that --group_by and --attributes ask for.
 *
 * @throws UserError for one without the other, for a table that cannot be read, and for a column that it lacks
 */
export async function openGrouping(
  groupBy: string | undefined,
  attributes: string | undefined,
): Promise<Grouping> {
  if (attributes === undefined) {
    if (groupBy === undefined) return NO_GROUPS;
    if (groupBy === 'folder') return FOLDER_GROUPS;
    throw new UserError(
      `--group_by ${shown(groupBy)}: is a column of --attributes; give that file, or group by folder`,
    );
  }
  if (groupBy === undefined || groupBy === 'folder') {
    throw new UserError('--attributes: has columns to group by; name one with --group_by');
  }
  return tableGroups(await readTable(attributes), shownPath(attributes), groupBy);
}

async function readTable(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UserError(
      `--attributes ${shownPath(file)}: ${fileErrorReason(error)}; give a CSV file with a header, paths or names first`,
    );
  }
}

/** The table is held in memory. @param file for messages */
function tableGroups(csv: Buffer, file: string, column: string): Grouping {
  const advice = 'give a CSV file with a header, paths or names first';
  const problem = notTextReason(csv, advice);
  if (problem !== undefined) throw new UserError(`${file}: ${problem}`);
  const [header, ...records] = parseCsvRecords(csv, file).records;
  if (header === undefined) throw new UserError(`${file}: is empty; ${advice}`);
  const names = header.fields.map((field) => csvText(field).trim());
  const at = columnIndex(file, names, '--group_by', column);
  const rows = new PathIndex<Row>();
  const dates = new Map<string, number>();
  for (const { fields, line } of records) {
    const path = labelPath(file, line, fields[0]);
    const cell = csvText(fields[at]).trim();
    const isDate = isSpreadsheetDate(cell);
    if (isDate) dates.set(cell, (dates.get(cell) ?? 0) + 1);
    const group = isDate ? null : cell;
    const earlier = rows.get(path);
    if (earlier !== undefined && earlier.group !== group) {
      throw new UserError(
        `${file}: lines ${earlier.line} and ${line} differ on ${shownPath(path)}; keep one of them`,
      );
    }
    rows.set(path, earlier ?? { group, line, photographs: new Map() });
  }
  rows.addWithoutSpaces((row) => row);
  return {
    by: column,
    warnings: dates.size === 0 ? [] : [`${datesWarning(file, column, dates)}.`],
    of: (kind, folder) => (path) => {
      const row = rows.find(path)?.row;
      if (row === undefined) return null;
      checkOne(row, kind, photographOf(below(path, folder)), file);
      return row.group;
    },
  };
}

/** A bare name may be that of photographs in two folders: it would put both into the group of one. */
function checkOne({ line, photographs }: Row, kind: string, photograph: string, file: string) {
  const earlier = photographs.get(kind);
  if (earlier === undefined) photographs.set(kind, photograph);
  else if (earlier !== photograph) {
    const both = [earlier, photograph].map((path) => shownPath(Buffer.from(path, 'latin1')));
    throw new UserError(
      `${file}, line ${line}: is of two photographs, ${both.join(' and ')}; give their paths from the input folder on`,
    );
  }
}

/** A character a byte. Of a face that of its photograph, so that all faces of it are of one. */
function photographOf(path: Buffer): string {
  const text = path.toString('latin1');
  const suffix = faceSuffix(text);
  return suffix === undefined ? text : text.slice(0, suffix.start);
}
