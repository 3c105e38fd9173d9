/** `facecls merge`: the results of shards joined into those of one run. */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { listJournals, readJournal } from '../batch/journal.js';
import { MERGED_FILES, mergeFiles } from '../batch/merge-files.js';
import {
  differenceOf,
  type GivenPaths,
  type MadeWith,
  parseMadeWith,
} from '../batch/provenance.js';
import { RECORD_NAME, timing } from '../batch/record.js';
import { createOutputFolder } from '../batch/results-folder.js';
import { labelClassNames } from '../classify/class-names.js';
import type { CommandResult } from '../cli/command.js';
import { plural } from '../cli/summary.js';
import { type AtomicFile, commitAll, writeFileAtomic } from '../files/atomic.js';
import { UserError } from '../files/errors.js';
import { fileExists } from '../files/file-exists.js';
import { sha256OfFile } from '../files/sha256.js';
import { listImages } from '../inputs/folder.js';
import { parseShard, SHARD_FOLDER, type Shard, shardName } from '../inputs/shard.js';
import { addCommonOptions, type CommonOptions } from '../options/options.js';
import { MANIFEST_NAME } from '../outputs/manifest.js';
import { csvHeader, FAILED_NAME, PREDICTION_NAMES } from '../outputs/predictions.js';
import { recordedClassNames } from '../outputs/run-record.js';

interface Options extends CommonOptions {
  readonly inputs: readonly string[];
  readonly output_dir: string;
  readonly overwrite?: true;
}

export function define(command: Command): void {
  command
    .requiredOption('--inputs <dir...>', 'folders of shards, or folders that hold shard-I-of-N')
    .requiredOption('--output_dir <dir>', 'where the joined results go')
    .option('--overwrite', 'replace results that are there');
  addCommonOptions(command);
}

/** A shard that is finished. */
interface FinishedShard {
  readonly folder: string;
  readonly shard: Shard;
  readonly madeWith: MadeWith;
  readonly given: GivenPaths;
  /** run.json, where the command writes one. */
  readonly record: RunRecord | undefined;
  /** Those of MERGED_FILES that are there. */
  readonly files: readonly string[];
}

type Counts = { readonly [name: string]: number | Counts };

interface RunRecord {
  readonly counts: Counts;
  readonly seconds: number;
  readonly [name: string]: unknown;
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { output_dir: folder } = options;
  const shards = await openShards(options.inputs);
  const [first] = shards;
  const command = String(first.madeWith.command);
  await refuseOldResults(folder, options);
  await createOutputFolder('--output_dir', folder);

  const order = await listOrder(first);
  const wanted = MERGED_FILES.filter((name) => shards.some(({ files }) => files.includes(name)));
  const classNames = labelClassNames(await recordedClassNames(first.folder));
  const merged: AtomicFile[] = [];
  try {
    for (const name of wanted) {
      const files = shards
        .filter((shard) => shard.files.includes(name))
        .map((shard) => path.join(shard.folder, name));
      const header = name === PREDICTION_NAMES.csv ? csvHeader(classNames) : '';
      const target = path.join(folder, name);
      merged.push(await mergeFiles(name, files, target, command === 'run', order?.(), header));
    }
  } catch (error) {
    for (const file of merged) await file.discard();
    throw error;
  }
  await commitAll(merged);
  for (const name of MERGED_FILES) {
    if (!wanted.includes(name)) await rm(path.join(folder, name), { force: true });
  }
  const record = await writeRecord(folder, shards);
  const failed = Number(record?.counts.failed ?? 0);
  const times = timing(start, 0);
  return {
    summary: `merge: ${plural(shards.length, 'shard')} of ${command}, ${wanted.join(', ')}${failed > 0 ? `, ${failed} failed` : ''}, ${times.seconds} s; results in ${folder}`,
    record: {
      command: 'merge',
      merged: command,
      shards: shards.length,
      files: wanted,
      ...(record && { counts: record.counts }),
      seconds: times.seconds,
      results: folder,
    },
    failed,
  };
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
  const record = await readRecord(folder);
  const header = record ?? (await journalHeader(folder));
  const madeWith = parseMadeWith(header);
  if (madeWith === undefined) {
    throw new UserError(
      `--inputs ${folder}: holds no results of a shard; give folders that --shard of infer, align or run wrote`,
    );
  }
  if (typeof madeWith['--shard'] !== 'string') {
    throw new UserError(
      `--inputs ${folder}: holds the results of a whole run, which need no merging`,
    );
  }
  const shard = parseShard(madeWith['--shard']);
  const files: string[] = [];
  for (const name of MERGED_FILES) {
    const file = path.join(folder, name);
    if (await fileExists(`${file}.partial`)) throw unfinished(folder, shard);
    if (await fileExists(file)) files.push(name);
  }
  const isFinished = record !== undefined || files.includes(MANIFEST_NAME);
  if (!isFinished) throw unfinished(folder, shard);
  const { given } = header as { given: GivenPaths };
  return { folder, shard, madeWith, given, record, files };
}

function unfinished(folder: string, shard: Shard): UserError {
  return new UserError(
    `--inputs ${folder}: shard ${shardName(shard)} is not finished; run it again with --resume (align: --check_exists)`,
  );
}

async function readRecord(folder: string): Promise<RunRecord | undefined> {
  try {
    return JSON.parse(await readFile(path.join(folder, RECORD_NAME), 'utf8'));
  } catch {
    return undefined;
  }
}

async function journalHeader(folder: string): Promise<unknown> {
  // Of the three commands only align has no other record.
  const last = (await listJournals(folder, 'align')).at(-1);
  if (last === undefined) return undefined;
  const { header, records } = await readJournal(last);
  await records.return(undefined);
  return header;
}

function refuseMixed(first: FinishedShard, other: FinishedShard): void {
  const difference = differenceOf(first.madeWith, other.madeWith, ['--shard']);
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

async function refuseOldResults(folder: string, { overwrite }: Options): Promise<void> {
  if (overwrite) return;
  for (const name of [...MERGED_FILES, RECORD_NAME]) {
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
  madeWith,
}: FinishedShard): Promise<(() => AsyncIterable<Buffer>) | undefined> {
  if (list === undefined) return undefined;
  if (list === '-') {
    throw new UserError(
      '--inputs: the shards read their inputs from standard input, whose order cannot be known again; give them a file with --in_list',
    );
  }
  const recorded = madeWith['the list of SHA-256'];
  if (recorded !== undefined && recorded !== (await sha256OfFile(list).catch(() => undefined))) {
    throw new UserError(`${list}: is no longer the list that the shards were given; restore it`);
  }
  const folder = input === undefined ? {} : { folder: Buffer.from(input) };
  return async function* () {
    for await (const image of listImages(list, { ...folder, nul })) yield image.path;
  };
}

/** run.json of the whole, where the shards have one: that of the first with the counts of all. */
async function writeRecord(
  folder: string,
  shards: readonly FinishedShard[],
): Promise<RunRecord | undefined> {
  const records = shards.map(({ record }) => record).filter((record) => record !== undefined);
  if (records.length === 0) return undefined;
  const [first] = records;
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0);
  const merged = {
    ...first,
    options: { ...(first.options as object), shard: undefined },
    made_with: { ...(first.made_with as object), '--shard': null },
    counts: sumOf(records.map(({ counts }) => counts)),
    shards: shards.length,
    seconds: Number(seconds.toFixed(3)),
    images_per_second: undefined,
  };
  await writeFileAtomic(path.join(folder, RECORD_NAME), `${JSON.stringify(merged, null, 2)}\n`);
  return merged;
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
