/** Results of an earlier run in the output folder: whose files they are, and whether they may be replaced. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../files/errors.js';
import { own } from '../files/own.js';
import { shown } from '../files/shown.js';

export interface ResultNames {
  readonly command: string;
  /** The file that lists the others. */
  readonly record: string;
  /** Files that are to be written, the record aside. */
  readonly files: readonly string[];
}

/**
 * To be called with the folder locked, before any work. A record is not trusted: only plain names in the folder are
 * taken from it.
 *
 * @returns files of the earlier run that this one does not write: to be removed when its own are there
 * @throws UserError where a file is in the way that is nobody's, or an earlier run's and is not to be replaced
 */
export async function checkEarlierResults(
  folder: string,
  { command, record, files }: ResultNames,
  overwrite: boolean,
): Promise<readonly string[]> {
  const there = new Set(await readdir(folder));
  const inTheWay = [...files, record].filter((name) => there.has(name));
  const owned = await recordedNames(path.join(folder, record), command);
  const foreign = inTheWay.find((name) => name !== record && !owned.includes(name));
  if (foreign !== undefined || (there.has(record) && owned.length === 0)) {
    throw new UserError(
      `--output_dir ${folder}: has ${foreign ?? record}, which no earlier run of \`facecls ${command}\` recorded as its own; move it, or give another folder`,
    );
  }
  if (inTheWay.length > 0 && !overwrite) {
    throw new UserError(
      `--output_dir ${folder}: has results of an earlier run (${shown(inTheWay[0])}); give --overwrite to replace them, or another folder`,
    );
  }
  return owned.filter((name) => there.has(name) && name !== record && !files.includes(name));
}

/** None where there is no record of the command. */
async function recordedNames(file: string, command: string): Promise<readonly string[]> {
  let record: unknown;
  try {
    record = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return [];
  }
  const files = own(record, 'files');
  if (own(record, 'command') !== command || !Array.isArray(files)) return [];
  const names = files.map((entry: unknown) => own(entry, 'name'));
  return names.every(isPlainName) ? [path.basename(file), ...names] : [];
}

function isPlainName(name: unknown): name is string {
  return (
    typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name)
  );
}
