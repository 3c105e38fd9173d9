/** The shards to merge: found, finished, whole, and parts of one run. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../files/errors.js';
import { shown } from '../../files/text/shown.js';
import { shownPath } from '../../files/text/shown-path.js';
import { SHARD_FOLDER, type Shard, shardName } from '../../inputs/shard.js';
import { FAILED_NAME } from '../../outputs/predictions.js';
import { listJournals, readJournalHeader } from '../journal.js';
import { heldBy } from '../lock.js';
import { differenceOf, parseProvenance } from '../provenance.js';
import { MERGED_FILES } from './merge-files.js';
import { refuseOtherInputs } from './same-inputs.js';
import { checkFiles } from './shard-files.js';
import { readShardRecord, type ShardRecord } from './shard-record.js';

/** A shard that is finished, and whose files are those that it wrote. */
export interface FinishedShard {
  readonly folder: string;
  readonly record: ShardRecord;
  /** Those of MERGED_FILES that it has. */
  readonly files: readonly string[];
}

/**
 * @param inputs folders of shards, or folders that hold them
 * @returns all shards of a run, in their order
 * @throws UserError where a shard is missing, there twice, unfinished, at work, changed, made with something else, or
 *   saw other inputs
 */
export async function openShards(inputs: readonly string[]): Promise<readonly FinishedShard[]> {
  const folders: string[] = [];
  for (const input of inputs) folders.push(...(await shardFolders(input)));
  const shards: Omit<FinishedShard, 'files'>[] = [];
  for (const folder of folders) shards.push({ folder, record: await openShard(folder) });
  shards.sort((a, b) => a.record.shard.index - b.record.shard.index);
  const [first] = shards;
  for (const [i, shard] of shards.entries()) {
    refuseMixed(first, shard);
    if (i > 0 && shards[i - 1].record.shard.index === shard.record.shard.index) {
      throw new UserError(
        `--inputs: shard ${shardName(shard.record.shard)} is there twice, as ${shownPath(shards[i - 1].folder)} and ${shownPath(shard.folder)}; give it once`,
      );
    }
  }
  refuseMissing(shards.map(({ record }) => record.shard));
  refuseOtherInputs(shards);
  const finished: FinishedShard[] = [];
  // Only now, as it takes longer.
  for (const { folder, record } of shards) {
    finished.push({ folder, record, files: await checkFiles(folder, record) });
    refuseOtherFiles(finished[0], finished.at(-1)!);
  }
  return finished;
}

function refuseMissing(shards: readonly Shard[]): void {
  const [{ count }] = shards;
  const there = new Set(shards.map(({ index }) => index));
  const missing = Array.from({ length: count }, (_, i) => i).filter((i) => !there.has(i));
  if (missing.length === 0) return;
  const named = missing.slice(0, MISSING_NAMED).join(', ');
  const more = missing.length > MISSING_NAMED ? ', ...' : '';
  throw new UserError(
    `--inputs: of ${count} shards ${missing.length} are missing (${named}${more}); run them (--shard I/${count}), or give their folders too`,
  );
}

const MISSING_NAMED = 20;

/** The folder itself, or those of the shards in it. */
async function shardFolders(input: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(input);
  } catch {
    throw new UserError(`--inputs ${shownPath(input)}: no such folder; give the folders of shards`);
  }
  const shards = names.filter((name) => SHARD_FOLDER.test(name)).sort();
  return shards.length === 0 ? [input] : shards.map((name) => path.join(input, name));
}

async function openShard(folder: string): Promise<ShardRecord> {
  const holder = await heldBy(folder);
  if (holder !== undefined) {
    throw new UserError(
      `--inputs ${shownPath(folder)}: ${holder}; wait for it to end, and merge then`,
    );
  }
  const record = await readShardRecord(folder);
  if (record === undefined) throw await unfinishedOrNone(folder);
  for (const name of await readdir(folder)) {
    const isPartial = MERGED_FILES.some((whole) => name === `${whole}.partial`);
    if (isPartial) throw unfinished(folder, shardName(record.shard));
  }
  return record;
}

/** Of a folder without a record: what the first line of its last journal says. */
async function unfinishedOrNone(folder: string): Promise<UserError> {
  for (const command of ['align', 'infer', 'run']) {
    const last = (await listJournals(folder, command)).at(-1);
    const header = last === undefined ? undefined : await readJournalHeader(last);
    const shard = parseProvenance(header)?.shard;
    if (typeof shard === 'string') return unfinished(folder, shown(shard));
  }
  return new UserError(
    `--inputs ${shownPath(folder)}: holds no results of a shard; give folders that --shard of infer, align or run wrote`,
  );
}

function unfinished(folder: string, shard: string): UserError {
  return new UserError(
    `--inputs ${shownPath(folder)}: shard ${shard} is not finished; run it again with --resume (align: --check_exists)`,
  );
}

type RecordedShard = Omit<FinishedShard, 'files'>;

function refuseMixed(first: RecordedShard, other: RecordedShard): void {
  const difference = differenceOf(first.record.provenance, other.record.provenance, ['shard']);
  const both = `${shownPath(first.folder)} and ${shownPath(other.folder)}`;
  const remedy = 'run all shards alike';
  if (difference !== undefined) {
    throw new UserError(
      `--inputs: ${both} were made with ${difference.before} and ${difference.now}; ${remedy}`,
    );
  }
  const [a, b] = [first.record, other.record];
  if (a.shard.count !== b.shard.count) {
    throw new UserError(
      `--inputs: ${both} are of ${a.shard.count} and ${b.shard.count} shards; ${remedy}`,
    );
  }
  for (const name of ['input', 'output', 'list', 'nul'] as const) {
    if (a.given[name] === b.given[name]) continue;
    throw new UserError(
      `--inputs: ${both} were given the ${name} as ${shown(a.given[name])} and ${shown(b.given[name])}, which stands in their results; ${remedy}`,
    );
  }
  const alike: readonly [string, (record: ShardRecord) => readonly string[]][] = [
    ['classes', ({ classNames }) => classNames],
    ['counts', ({ counts }) => Object.keys(counts).sort()],
  ];
  for (const [what, namesOf] of alike) {
    if (namesOf(a).join() === namesOf(b).join()) continue;
    throw new UserError(
      `--inputs: ${both} have records with other ${what} (${shown(namesOf(a).join())} and ${shown(namesOf(b).join())}); ${remedy}`,
    );
  }
}

function refuseOtherFiles(first: FinishedShard, other: FinishedShard): void {
  const differing = [...first.files, ...other.files].find(
    (name) => name !== FAILED_NAME && !(first.files.includes(name) && other.files.includes(name)),
  );
  if (differing === undefined) return;
  throw new UserError(
    `--inputs: of ${shownPath(first.folder)} and ${shownPath(other.folder)} only one has ${differing}; give the same --format`,
  );
}
