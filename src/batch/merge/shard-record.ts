/** The record of a finished shard. It is not trusted: whatever is taken from it is checked. */
import path from 'node:path';
import { classNamesProblem } from '../../classify/class-names.js';
import { CLASS_NAMES } from '../../classify/labels.js';
import { UserError } from '../../files/errors.js';
import type { FileRecord } from '../../files/file-record.js';
import { openRegularFile } from '../../files/open-file.js';
import { asObject, isCount, parseObject } from '../../files/text/json.js';
import { shown } from '../../files/text/shown.js';
import { shownPath } from '../../files/text/shown-path.js';
import { parseShard, type Shard } from '../../inputs/shard.js';
import type { TaskName } from '../../tasks/job.js';
import { RECORD_NAMES } from '../ownership.js';
import { type GivenPaths, type Provenance, parseProvenance } from '../provenance.js';
import { recordName } from '../results.js';

export interface ShardRecord {
  /** `run.json` or `align.json` */
  readonly name: string;
  readonly command: TaskName;
  readonly provenance: Provenance;
  readonly shard: Shard;
  readonly given: GivenPaths;
  readonly classNames: readonly string[];
  readonly counts: Counts;
  readonly seconds: number;
  /** The files that the shard made. */
  readonly files: readonly FileRecord[];
  /** All that the record says, unchecked but for how deep it goes. */
  readonly whole: Readonly<Record<string, unknown>>;
}

/** Whole numbers from 0 by name, or such counts. */
export interface Counts {
  readonly seen: number;
  readonly failed: number;
  readonly [name: string]: number | Readonly<Record<string, number>>;
}

/** `African 3, Asian 4`; `none` where it is not recorded, or empty. */
export function countText(count: Counts[string] | undefined): string {
  if (typeof count === 'number') return `${count}`;
  const sorted = Object.entries(count ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, value]) => `${shown(name)} ${value}`).join(', ') || 'none';
}

/** Larger than the record of a run with a million grids. */
const MOST_BYTES = 2 ** 28;
/** Deeper than any record of ours. */
const MOST_DEPTH = 20;

/**
 * @returns undefined where the folder has no record
 * @throws UserError where it has one that is not a shard's, or is damaged
 */
export async function readShardRecord(folder: string): Promise<ShardRecord | undefined> {
  for (const name of RECORD_NAMES) {
    const file = path.join(folder, name);
    const text = await readText(file);
    if (text !== undefined) return parseRecord(folder, name, text);
  }
  return undefined;
}

async function readText(file: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof openRegularFile>>;
  try {
    handle = await openRegularFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if ((await handle.stat()).size > MOST_BYTES) throw damaged(file, 'it is too large');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

function parseRecord(folder: string, name: string, text: string): ShardRecord {
  const file = path.join(folder, name);
  const whole = parseObject(text);
  if (whole === undefined) throw damaged(file, 'it is no JSON object');
  if (isDeeper(whole, MOST_DEPTH)) throw damaged(file, 'it is nested too deep');
  const provenance = parseProvenance(whole);
  if (provenance === undefined)
    throw damaged(file, 'it does not say what the results are made with');
  const command = (['align', 'infer', 'run'] as const).find((one) => one === whole.command);
  if (command === undefined || provenance.command !== command || recordName(command) !== name) {
    throw damaged(file, 'its command is none that makes such results');
  }
  if (typeof provenance.shard !== 'string') {
    throw new UserError(
      `--inputs ${shownPath(folder)}: holds the results of a whole run, which need no merging`,
    );
  }
  const { seconds } = whole;
  if (typeof seconds !== 'number' || !(seconds >= 0)) throw damaged(file, 'it has no seconds');
  return {
    ...{ name, command, provenance, seconds, whole },
    shard: checked(file, 'made_with.shard', parseShardName(provenance.shard)),
    given: checked(file, 'given', parseGiven(whole.given)),
    classNames: parseClassNames(file, whole.class_names),
    counts: checked(file, 'counts', parseCounts(whole.counts)),
    files: parseFiles(file, whole.files),
  };
}

function damaged(file: string, problem: string): UserError {
  return new UserError(
    `${shownPath(file)}: cannot be used, since ${problem}; run the shard again with --overwrite`,
  );
}

function checked<T>(file: string, field: string, value: T | undefined): T {
  if (value === undefined) throw damaged(file, `${field} is missing or damaged`);
  return value;
}

/** Goes no deeper than that itself: what is deeper could exhaust the stack. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function parseShardName(text: string): Shard | undefined {
  try {
    // Without an environment: `slurm` means nothing here.
    return parseShard(text, {});
  } catch {
    return undefined;
  }
}

function parseGiven(value: unknown): GivenPaths | undefined {
  const { input, output, list, nul } = asObject(value) ?? {};
  if (typeof output !== 'string' || typeof nul !== 'boolean') return undefined;
  if (!isTextOrAbsent(input) || !isTextOrAbsent(list)) return undefined;
  return {
    ...(input === undefined ? {} : { input }),
    ...{ output, nul },
    ...(list === undefined ? {} : { list }),
  };
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value !== '');
}

function parseClassNames(file: string, value: unknown): readonly string[] {
  if (value === undefined) return CLASS_NAMES;
  const isNames = Array.isArray(value) && value.every((name) => typeof name === 'string');
  const problem = isNames ? classNamesProblem(value) : 'some are no text';
  if (isNames && problem === undefined) return value;
  throw new UserError(
    `${file}: has class_names of which ${problem}; run the shard again with --overwrite`,
  );
}

function parseCounts(value: unknown): Counts | undefined {
  const counts = asObject(value);
  if (counts === undefined || !isCount(counts.seen) || !isCount(counts.failed)) return undefined;
  const areCounts = Object.values(counts).every(
    (count) => isCount(count) || Object.values(asObject(count) ?? { count }).every(isCount),
  );
  return areCounts ? (counts as Counts) : undefined;
}

function parseFiles(file: string, value: unknown): readonly FileRecord[] {
  if (value === undefined) {
    throw new UserError(
      `${shownPath(file)}: does not list the files of the shard, as no facecls before this one did, so it is not known whether they are whole; run the shard again with --overwrite`,
    );
  }
  const files = Array.isArray(value) ? value.map(parseFile) : [undefined];
  if (files.every((one) => one !== undefined)) return files;
  throw damaged(file, 'its list of files is damaged');
}

function parseFile(value: unknown): FileRecord | undefined {
  const { name, lines, sha256 } = asObject(value) ?? {};
  const isName = typeof name === 'string' && name !== '' && !/[/\\]/.test(name);
  const isHash = typeof sha256 === 'string' && /^[\da-f]{64}$/.test(sha256);
  if (!isName || !isHash || !(lines === null || isCount(lines))) return undefined;
  return { name, lines, sha256 };
}
