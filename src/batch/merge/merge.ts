/** The results of shards joined into those of one run. */
import { readdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  AtomicFile,
  discardStaged,
  publish,
  type StagedFile,
  stageFile,
} from '../../files/atomic.js';
import { UserError } from '../../files/errors.js';
import { type FileRecord, fileName, fileRecord } from '../../files/file-record.js';
import { sha256OfFile } from '../../files/sha256.js';
import { shownPath } from '../../files/text/shown-path.js';
import { FOUND_FIELDS } from '../../inputs/found.js';
import { listImages } from '../../inputs/list.js';
import { MANIFEST_NAME } from '../../outputs/manifest.js';
import { csvHeader, FAILED_NAME, PREDICTION_NAMES } from '../../outputs/predictions.js';
import type { FolderLock } from '../lock.js';
import { ownedNames, RECORD_NAMES } from '../ownership.js';
import { withOutputFolder } from '../with-output-folder.js';
import { archiveOrder } from './archive-order.js';
import { checkContent } from './merge-check.js';
import { Head, MERGED_FILES } from './merge-files.js';
import { inOrder } from './merge-order.js';
import { type FinishedShard, openShards } from './open-shards.js';
import type { Counts } from './shard-record.js';

export interface Merged {
  /** Whose results they are. */
  readonly command: string;
  readonly shards: number;
  /** Names of the files that were joined. */
  readonly files: readonly string[];
  /** Of the shards together. */
  readonly counts: Counts;
}

/** The inputs in the order of the list that the shards were given; undefined where they walked a folder. */
type Order = (() => AsyncIterable<Buffer>) | undefined;

/**
 * Joins the results of shards. All of them are checked before a file of the result is opened.
 *
 * @param inputs folders of shards, or folders that hold them
 * @throws UserError where they are not those of one run, or not whole; where the folder holds results and `overwrite`
 *   is false, or a file of somebody else is in the way
 */
export async function mergeShards(
  inputs: readonly string[],
  folder: string,
  overwrite: boolean,
): Promise<Merged> {
  const shards = await openShards(inputs);
  await refuseShardFolder(shards, folder);
  return withOutputFolder('--output_dir', folder, 'merge', async (lock) => {
    const owned = await refuseInTheWay(shards, folder, overwrite);
    const { given, provenance } = shards[0].record;
    const order = (await archiveOrder(given, provenance)) ?? (await listOrder(shards[0]));
    for (const shard of shards) await checkContent(shard.folder, shard.record, shard.files);
    await checkOrder(shards, order);
    const { staged, counts } = await join(shards, folder, order, lock);
    const written = staged.map(({ path: file }) => fileName(file));
    for (const name of owned) {
      if (!written.includes(name)) await rm(path.join(folder, name), { force: true });
    }
    const { command } = shards[0].record;
    return { command, shards: shards.length, files: filesOf(shards), counts };
  });
}

function filesOf(shards: readonly FinishedShard[]): string[] {
  return MERGED_FILES.filter((name) => shards.some(({ files }) => files.includes(name)));
}

/** The merged results would replace what they are made from. */
async function refuseShardFolder(shards: readonly FinishedShard[], folder: string): Promise<void> {
  const real = await realpath(folder).catch(() => undefined);
  for (const shard of shards) {
    if (real === undefined || (await realpath(shard.folder)) !== real) continue;
    throw new UserError(
      `--output_dir ${shownPath(folder)}: is the folder of a shard; give another, as the one that holds the shards`,
    );
  }
}

/**
 * @returns names that earlier runs recorded as their own
 * @throws UserError where these may not be replaced, or others are in the way
 */
async function refuseInTheWay(
  shards: readonly FinishedShard[],
  folder: string,
  overwrite: boolean,
): Promise<readonly string[]> {
  const { name: recordName, command } = shards[0].record;
  const needed = [...filesOf(shards), ...(command === 'align' ? [] : [FAILED_NAME]), recordName];
  const names = await readdir(folder);
  const owned = await ownedNames(folder, recordName);
  const foreign = needed.find((name) => names.includes(name) && !owned.includes(name));
  if (foreign !== undefined) {
    const others = RECORD_NAMES.filter((name) => name !== recordName);
    const ofOthers = (await Promise.all(others.map((name) => ownedNames(folder, name)))).flat();
    const problem = ofOthers.includes(foreign)
      ? 'of another command; give another folder'
      : 'which no run of facecls recorded as its own; move it away, or give another folder';
    throw new UserError(
      `--output_dir ${shownPath(folder)}: holds ${shownPath(foreign)}, ${problem}`,
    );
  }
  const [earlier] = owned;
  if (earlier === undefined || overwrite) return owned;
  throw new UserError(
    `--output_dir ${shownPath(folder)}: holds ${earlier} of an earlier run; replace it by --overwrite, or give another folder`,
  );
}

/** @throws UserError where the list cannot be read again, or is another one now */
async function listOrder({ record: { given, provenance } }: FinishedShard): Promise<Order> {
  const { input, list, nul } = given;
  if (list === undefined) return undefined;
  if (list === '-') {
    throw new UserError(
      '--inputs: the shards read their inputs from standard input, whose order cannot be known again; give them a file with --in_list',
    );
  }
  const isFile = await stat(list).then(
    (found) => found.isFile(),
    () => false,
  );
  const recorded = provenance.list_sha256;
  const isSame =
    isFile &&
    (recorded === undefined || recorded === (await sha256OfFile(list).catch(() => undefined)));
  if (!isSame) {
    throw new UserError(
      `${shownPath(list)}: is no longer the list that the shards were given; restore it`,
    );
  }
  const folder = input === undefined ? {} : { folder: Buffer.from(input) };
  return async function* () {
    for await (const image of listImages(list, { ...folder, nul })) yield image.path;
  };
}

/**
 * Goes through the files that together say one thing of each input. That the others agree with them is known.
 *
 * @throws UserError where inputs are out of order, doubled, or not in the list
 */
async function checkOrder(shards: readonly FinishedShard[], order: Order): Promise<void> {
  const { command } = shards[0].record;
  const names = command === 'infer' ? [PREDICTION_NAMES.txt, FAILED_NAME] : [MANIFEST_NAME];
  await withHeads(shards, names, async (heads) => {
    for await (const _ of inOrder(heads, order?.()));
  });
}

async function withHeads<T>(
  shards: readonly FinishedShard[],
  names: readonly string[],
  work: (heads: readonly Head[]) => Promise<T>,
): Promise<T> {
  const heads: Head[] = [];
  try {
    for (const { folder, record, files } of shards) {
      const reading = { hasFaces: record.command === 'run', classNames: record.classNames };
      for (const name of names.filter((one) => files.includes(one))) {
        heads.push(await Head.open(name, path.join(folder, name), reading));
      }
    }
    return await work(heads);
  } finally {
    for (const head of heads) await head.close();
  }
}

/** Writes the files and the record, and gives them their names. */
async function join(
  shards: readonly FinishedShard[],
  folder: string,
  order: Order,
  lock: FolderLock,
): Promise<{ readonly staged: readonly StagedFile[]; readonly counts: Counts }> {
  const staged: StagedFile[] = [];
  try {
    for (const name of filesOf(shards)) staged.push(await joinFiles(shards, name, folder, order));
    const record = mergedRecord(shards, staged.map(fileRecord));
    const text = `${JSON.stringify(record, null, 2)}\n`;
    staged.push(await stageFile(path.join(folder, shards[0].record.name), text));
    await lock.verify();
    await publish(staged);
    return { staged, counts: record.counts };
  } catch (error) {
    await discardStaged(staged);
    throw error;
  }
}

async function joinFiles(
  shards: readonly FinishedShard[],
  name: string,
  folder: string,
  order: Order,
): Promise<StagedFile> {
  const isCsv = name === PREDICTION_NAMES.csv;
  const { classNames, command } = shards[0].record;
  const subject = command === 'run' ? 'faces' : 'images';
  const target = await AtomicFile.create(path.join(folder, name));
  try {
    if (isCsv) await target.write(csvHeader(classNames, subject));
    await withHeads(shards, [name], async (heads) => {
      for await (const records of inOrder(heads, order?.())) {
        for (const { text } of records) await target.write(text);
      }
    });
    const staged = await target.seal();
    const all = shards.flatMap(({ record }) => record.files.filter((file) => file.name === name));
    const headers = isCsv ? all.length - 1 : 0;
    const expected = all.reduce((sum, { lines }) => sum + (lines ?? 0), 0) - headers;
    if (staged.lines === expected) return staged;
    throw new UserError(
      `--inputs: ${name} of the shards has changed while they were merged; merge again when they are finished`,
    );
  } catch (error) {
    await target.discard();
    throw error;
  }
}

/** The record of the whole: that of the first shard with the counts of all. */
function mergedRecord(shards: readonly FinishedShard[], files: readonly FileRecord[]) {
  const records = shards.map(({ record }) => record);
  const [{ whole, provenance }] = records;
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0);
  return {
    ...whole,
    options: { ...(whole.options as object), shard: undefined },
    made_with: { ...provenance, shard: null },
    counts: sumOf(records.map(({ counts }) => counts)),
    shards: shards.length,
    seconds: Number(seconds.toFixed(3)),
    images_per_second: undefined,
    files,
  };
}

function sumOf(all: readonly Counts[]): Counts {
  const sumAt = (counts: readonly Readonly<Record<string, unknown>>[], name: string) =>
    counts.reduce((sum, each) => sum + Number(each[name]), 0);
  const sums = Object.keys(all[0]).map((name) => {
    // Every shard walks the whole folder.
    if ((FOUND_FIELDS as readonly string[]).includes(name)) return [name, all[0][name]];
    if (typeof all[0][name] === 'number') return [name, sumAt(all, name)];
    const parts = all.map((counts) => counts[name] as Readonly<Record<string, number>>);
    const inner = Object.keys(parts[0]).map((part) => [part, sumAt(parts, part)]);
    return [name, Object.fromEntries(inner)];
  });
  return Object.fromEntries(sums);
}
