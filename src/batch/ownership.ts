/**
 * Whose files: a command touches only files that it makes itself, or that an earlier run of facecls recorded as its
 * own, in its record when it finished and in the first line of its journal before.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { SHARD_FOLDER } from '../inputs/shard.js';
import { MANIFEST_NAME } from '../outputs/manifest.js';
import { FAILED_NAME, PREDICTION_NAMES } from '../outputs/predictions.js';
import type { TaskName } from '../tasks/job.js';
import { listJournals, readJournalHeader } from './journal.js';
import { LOCK_NAME } from './lock.js';
import { recordName } from './results.js';

const COMMANDS: readonly TaskName[] = ['align', 'infer', 'run'];

/** Names of the records that runs write. */
export const RECORD_NAMES = [...new Set(COMMANDS.map(recordName))];

/** What facecls 0.1.0 may have made without listing it, by what its record says of the options. */
const NAMES_OF_FIRST_VERSION = [...Object.values(PREDICTION_NAMES), FAILED_NAME, MANIFEST_NAME];

/** Everything that a run can make beside its record: a crafted record may name other files. */
const NAMES_OF_RESULTS = [...NAMES_OF_FIRST_VERSION, '<n>.jpg', 'report.html'];

/**
 * The names in a folder that earlier runs recorded as their own, and the partial files of these. Records and
 * journals are not trusted: only names that a run can make are taken from them.
 *
 * @param record name of the record of the runs
 * @returns none where there is no folder
 */
export async function ownedNames(folder: string, record: string): Promise<readonly string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  const patterns: string[] = [];
  if (names.includes(record)) {
    const recorded = await recordedNames(path.join(folder, record));
    if (recorded !== undefined) patterns.push(record, ...recorded);
  }
  for (const command of COMMANDS.filter((name) => recordName(name) === record)) {
    for (const journal of await listJournals(folder, command)) {
      const header = await readJournalHeader(journal);
      if (header === undefined) continue;
      const owns = isNames(header.owns) ? header.owns : NAMES_OF_FIRST_VERSION;
      patterns.push(path.basename(journal), ...owns, record);
    }
  }
  return names.filter((name) => isOwned(name, patterns));
}

/** Whether the name, or that of which it is the partial file, is one of the patterns, in which `<n>` is a number. */
export function isOwned(name: string, patterns: readonly string[]): boolean {
  const whole = name.replace(/\.partial$/, '');
  const numbered = whole.replace(/^\d+(?=\.)/, '<n>');
  return patterns.includes(whole) || patterns.includes(numbered);
}

/** A regular expression for the names in the folder that a run of the command needs. */
export function reservedNames(command: TaskName, owns: readonly string[]): string {
  const names = [...owns, recordName(command), LOCK_NAME].map((name) =>
    name.replace(/[.<>]/g, '\\$&').replace('\\<n\\>', '\\d+'),
  );
  names.push(`${command}_journal-\\d+\\.jsonl`, SHARD_FOLDER.source.replace(/[$^]/g, ''));
  return `^(${names.join('|')})(\\.partial)?$`;
}

/** The names that a record lists; undefined where it is none of facecls. */
async function recordedNames(file: string): Promise<string[] | undefined> {
  let record: { command?: unknown; made_with?: unknown; files?: unknown; options?: unknown };
  try {
    record = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
  if (typeof record?.command !== 'string' || typeof record.made_with !== 'object') return undefined;
  if (Array.isArray(record.files)) {
    const names = record.files.map((entry) => entry?.name);
    return isNames(names) ? names : undefined;
  }
  const options = (record.options ?? {}) as { visualize?: unknown; report?: unknown };
  return [
    ...NAMES_OF_FIRST_VERSION,
    ...(options.visualize === true ? ['<n>.jpg'] : []),
    ...(options.report === true ? ['report.html'] : []),
  ];
}

function isNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string' && isOwned(name, NAMES_OF_RESULTS))
  );
}
