/** The results of shards joined into those of one run. */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { listJournals, readJournalHeader } from '../batch/journal.js';
import { MERGED_FILES, mergeFiles } from '../batch/merge-files.js';
import {
  differenceOf,
  type GivenPaths,
  type Provenance,
  parseProvenance,
} from '../batch/provenance.js';
import { labelClassNames } from '../classify/class-names.js';
import { type AtomicFile, publish, type StagedFile, stageFile } from '../files/atomic.js';
import { UserError } from '../files/errors.js';
import { fileExists } from '../files/file-exists.js';
import { createOutputFolder } from '../files/output-folder.js';
import { sha256OfFile } from '../files/sha256.js';
import { listImages } from '../inputs/list.js';
import { parseShard, SHARD_FOLDER, type Shard, shardName } from '../inputs/shard.js';
import { csvHeader, FAILED_NAME, PREDICTION_NAMES } from '../outputs/predictions.js';
import { recordedClassNames } from '../outputs/run-record.js';
import { type FileRecord, fileRecord, RECORD_NAMES } from './ownership.js';

/** A shard that is finished. */
interface FinishedShard {
  readonly folder: string;
  readonly shard: Shard;
  readonly provenance: Provenance;
  readonly given: GivenPaths;
  readonly record: RunRecord;
  readonly recordName: string;
  /** Those of MERGED_FILES that are there. */
  readonly files: readonly string[];
}

type Counts = { readonly [name: string]: number | Counts };

interface RunRecord {
  readonly given: GivenPaths;
  readonly counts: Counts;
  readonly seconds: number;
  readonly [name: string]: unknown;
}

export interface Merged {
  /** Whose results they are. */
  readonly command: string;
  readonly shards: number;
  /** Names of the files that were joined. */
  readonly files: readonly string[];
  /** Of the shards together; undefined where they have no record. */
  readonly counts: Counts | undefined;
}

/**
 * Joins the results of shards.
 *
 * @param inputs folders of shards, or folders that hold them
 * @throws UserError where they are not those of one run, or the folder holds results and `overwrite` is false
 */
export async function mergeShards(
  inputs: readonly string[],
  folder: string,
  overwrite: boolean,
): Promise<Merged> {
  const shards = await openShards(inputs);
  const [first] = shards;
  const command = String(first.provenance.command);
  if (!overwrite) await refuseOldResults(folder);
  const classNames = labelClassNames(await recordedClassNames(first.folder));
  await createOutputFolder('--output_dir', folder);

  const order = await listOrder(first);
  const wanted = MERGED_FILES.filter((name) => shards.some(({ files }) => files.includes(name)));
  const merged: AtomicFile[] = [];
  try {
    for (const name of wanted) {
      const files = shards
        .filter((shard) => shard.files.includes(name))
        .map((shard) => path.join(shard.folder, name));
      const subject = command === 'run' ? 'faces' : 'images';
      const header = name === PREDICTION_NAMES.csv ? csvHeader(classNames, subject) : '';
      const target = path.join(folder, name);
      merged.push(await mergeFiles(name, files, target, command === 'run', order?.(), header));
    }
  } catch (error) {
    for (const file of merged) await file.discard();
    throw error;
  }
  const staged: StagedFile[] = [];
  for (const file of merged) staged.push(await file.seal());
  const record = mergedRecord(shards, staged.map(fileRecord));
  const text = `${JSON.stringify(record, null, 2)}\n`;
  staged.push(await stageFile(path.join(folder, first.recordName), text));
  await publish(staged);
  for (const name of MERGED_FILES) {
    if (!wanted.includes(name)) await rm(path.join(folder, name), { force: true });
  }
  return { command, shards: shards.length, files: wanted, counts: record.counts };
}

/** @throws UserError where a shard is missing, there twice, unfinished, or made with something else */
async function openShards(inputs: readonly string[]): Promise<FinishedShard[]> {
  const folders: string[] = [];
  for (const input of inputs) folders.push(...(await shardFolders(input)));
  const shards: FinishedShard[] = [];
  for (const folder of folders) shards.push(await openShard(folder));
  shards.sort((a, b) => a.shard.index - b.shard.index);
  const [first] = shards;
  for (const [i, shard] of shards.entries()) {
    refuseMixed(first, shard);
    if (i > 0 && shards[i - 1].shard.index === shard.shard.index) {
      throw new UserError(
        `--inputs: shard ${shardName(shard.shard)} is there twice, as ${shards[i - 1].folder} and ${shard.folder}; give it once`,
      );
    }
  }
  const there = new Set(shards.map(({ shard }) => shard.index));
  const missing = Array.from({ length: first.shard.count }, (_, i) => i).filter(
    (i) => !there.has(i),
  );
  if (missing.length > 0) {
    const named = missing.slice(0, MISSING_NAMED).join(', ');
    const more = missing.length > MISSING_NAMED ? ', ...' : '';
    throw new UserError(
      `--inputs: of ${first.shard.count} shards ${missing.length} are missing (${named}${more}); run them, or give their folders too`,
    );
  }
  return shards;
}

const MISSING_NAMED = 20;

/** The folder itself, or those of the shards in it. */
async function shardFolders(input: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(input);
  } catch {
    throw new UserError(`--inputs ${input}: no such folder; give the folders of shards`);
  }
  const shards = names.filter((name) => SHARD_FOLDER.test(name)).sort();
  return shards.length === 0 ? [input] : shards.map((name) => path.join(input, name));
}

async function openShard(folder: string): Promise<FinishedShard> {
  const { name: recordName, record } = (await readRecord(folder)) ?? {};
  const header = record ?? (await unfinishedHeader(folder));
  const provenance = parseProvenance(header);
  if (provenance === undefined) {
    throw new UserError(
      `--inputs ${folder}: holds no results of a shard; give folders that --shard of infer, align or run wrote`,
    );
  }
  if (typeof provenance.shard !== 'string') {
    throw new UserError(
      `--inputs ${folder}: holds the results of a whole run, which need no merging`,
    );
  }
  const shard = parseShard(provenance.shard);
  if (record === undefined || recordName === undefined) throw unfinished(folder, shard);
  const files: string[] = [];
  for (const name of MERGED_FILES) {
    const file = path.join(folder, name);
    if (await fileExists(`${file}.partial`)) throw unfinished(folder, shard);
    if (await fileExists(file)) files.push(name);
  }
  return { folder, shard, provenance, given: record.given, record, recordName, files };
}

function unfinished(folder: string, shard: Shard): UserError {
  return new UserError(
    `--inputs ${folder}: shard ${shardName(shard)} is not finished; run it again with --resume (align: --check_exists)`,
  );
}

async function readRecord(
  folder: string,
): Promise<{ readonly name: string; readonly record: RunRecord } | undefined> {
  for (const name of RECORD_NAMES) {
    try {
      return { name, record: JSON.parse(await readFile(path.join(folder, name), 'utf8')) };
    } catch {}
  }
  return undefined;
}

/** The first line of the last journal, of a shard that has no record yet. */
async function unfinishedHeader(folder: string): Promise<unknown> {
  for (const command of ['align', 'infer', 'run']) {
    const last = (await listJournals(folder, command)).at(-1);
    if (last !== undefined) return readJournalHeader(last);
  }
  return undefined;
}

function refuseMixed(first: FinishedShard, other: FinishedShard): void {
  const difference = differenceOf(first.provenance, other.provenance, ['shard']);
  const both = `${first.folder} and ${other.folder}`;
  const remedy = 'run all shards alike';
  if (difference !== undefined) {
    throw new UserError(
      `--inputs: ${both} were made with ${difference.before} and ${difference.now}; ${remedy}`,
    );
  }
  if (first.shard.count !== other.shard.count) {
    throw new UserError(
      `--inputs: ${both} are of ${first.shard.count} and ${other.shard.count} shards; ${remedy}`,
    );
  }
  for (const name of ['input', 'output'] as const) {
    const [a, b] = [first.given[name], other.given[name]];
    if (a === b) continue;
    throw new UserError(
      `--inputs: ${both} were given the ${name} as ${a} and ${b}, which stands in their results; ${remedy}`,
    );
  }
  const differing = [...first.files, ...other.files].find(
    (name) => name !== FAILED_NAME && !(first.files.includes(name) && other.files.includes(name)),
  );
  if (differing === undefined) return;
  throw new UserError(`--inputs: of ${both} only one has ${differing}; give the same --format`);
}

async function refuseOldResults(folder: string): Promise<void> {
  for (const name of [...MERGED_FILES, ...RECORD_NAMES]) {
    if (!(await fileExists(path.join(folder, name)))) continue;
    throw new UserError(
      `--output_dir ${folder}: holds ${name} of an earlier run; replace it by --overwrite, or give another folder`,
    );
  }
}

/**
 * The inputs in the order of the list that the shards were given; undefined where they walked a folder.
 *
 * @throws UserError where the list cannot be read again, or is another one now
 */
async function listOrder({
  given: { input, list, nul },
  provenance,
}: FinishedShard): Promise<(() => AsyncIterable<Buffer>) | undefined> {
  if (list === undefined) return undefined;
  if (list === '-') {
    throw new UserError(
      '--inputs: the shards read their inputs from standard input, whose order cannot be known again; give them a file with --in_list',
    );
  }
  const recorded = provenance.list_sha256;
  if (recorded !== undefined && recorded !== (await sha256OfFile(list).catch(() => undefined))) {
    throw new UserError(`${list}: is no longer the list that the shards were given; restore it`);
  }
  const folder = input === undefined ? {} : { folder: Buffer.from(input) };
  return async function* () {
    for await (const image of listImages(list, { ...folder, nul })) yield image.path;
  };
}

/** The record of the whole: that of the first shard with the counts of all. */
function mergedRecord(shards: readonly FinishedShard[], files: readonly FileRecord[]): RunRecord {
  const records = shards.map(({ record }) => record);
  const [first] = records;
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0);
  return {
    ...first,
    options: { ...(first.options as object), shard: undefined },
    made_with: { ...(first.made_with as object), shard: null },
    counts: sumOf(records.map(({ counts }) => counts)),
    shards: shards.length,
    seconds: Number(seconds.toFixed(3)),
    images_per_second: undefined,
    files,
  };
}

function sumOf(all: readonly Counts[]): Counts {
  const names = Object.keys(all[0]);
  return Object.fromEntries(
    names.map((name) => {
      const values = all.map((counts) => counts[name]);
      return typeof values[0] === 'number'
        ? [name, (values as number[]).reduce((sum, value) => sum + value, 0)]
        : [name, sumOf(values as Counts[])];
    }),
  );
}
