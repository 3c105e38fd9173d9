/** Whose files: an analysis touches only files that it makes, or that the record of an earlier one lists. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../files/errors.js';
import { openRegularFile } from '../files/open-file.js';
import { shownPath } from '../files/text/shown-path.js';

/** The results of one kind of analysis. */
export interface ResultKind {
  /** As the record has it: `evaluate`. */
  readonly command: string;
  /** File of the record: `metrics.json`. */
  readonly record: string;
  /**
   * Names of all files, its own aside, that an analysis with this record may have made: the record is not trusted, and
   * those of facecls 0.1.0 list no files.
   */
  readonly namesOf: (record: object) => readonly string[];
}

/** Larger than any record of ours. */
const MOST_BYTES = 2 ** 26;

/**
 * The names that the record in a folder calls its own, itself among them.
 *
 * @returns none where there is no record of this kind
 */
export async function ownResults(folder: string, kind: ResultKind): Promise<readonly string[]> {
  const record = await readRecord(path.join(folder, kind.record));
  const { command, files } = record as { command?: unknown; files?: unknown };
  if (command !== kind.command) return [];
  const listed = Array.isArray(files) ? files.map((file) => Object(file).name) : undefined;
  const names = kind.namesOf(record).filter((name) => listed?.includes(name) ?? true);
  return [kind.record, ...names];
}

async function readRecord(file: string): Promise<object> {
  try {
    const handle = await openRegularFile(file);
    try {
      if ((await handle.stat()).size > MOST_BYTES) return {};
      return Object(JSON.parse(await handle.readFile('utf8')));
    } finally {
      await handle.close();
    }
  } catch {
    return {};
  }
}

/**
 * @param names that an analysis needs in the folder
 * @param own names that an earlier one recorded
 * @throws UserError where a file of somebody else has one of the names; where there are earlier results and they are
 *   not to be replaced
 */
export async function refuseInTheWay(
  option: string,
  folder: string,
  names: readonly string[],
  own: readonly string[],
  overwrite: boolean,
): Promise<void> {
  // Some file systems do not tell case: there a file of an earlier run may answer to another name than it is listed by.
  const known = new Set(own.map((name) => name.toLowerCase()));
  for (const name of names) {
    if (!(await isThere(path.join(folder, name)))) continue;
    if (!known.has(name.toLowerCase())) {
      throw new UserError(
        `${option} ${shownPath(folder)}: holds ${shownPath(name)}, which no run of facecls recorded as its own; move it away, or give another folder`,
      );
    }
    if (overwrite) continue;
    throw new UserError(
      `${option} ${shownPath(folder)}: holds ${shownPath(name)} of an earlier run; replace it by --overwrite, or give another folder`,
    );
  }
}

/** Also a link that leads nowhere. */
async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    ({ code }) => code !== 'ENOENT',
  );
}
