/** The files of one shard against one another, its counts and its share of the inputs. */
import path from 'node:path';
import { UserError } from '../../files/errors.js';
import { joinPath } from '../../files/paths.js';
import { shownPath } from '../../files/text/shown-path.js';
import { isInShard, shardName } from '../../inputs/shard.js';
import { MANIFEST_NAME } from '../../outputs/manifest.js';
import { FAILED_NAME, PREDICTION_NAMES } from '../../outputs/predictions.js';
import { Head, type MergeRecord } from './merge-files.js';
import { countText, type ShardRecord } from './shard-record.js';

/**
 * Goes through all files of a shard side by side.
 *
 * @param files names of those that can be merged
 * @throws UserError where they contradict one another or the record, or have inputs of another shard
 */
export async function checkContent(
  folder: string,
  record: ShardRecord,
  files: readonly string[],
): Promise<void> {
  const reading = { hasFaces: record.command === 'run', classNames: record.classNames };
  const heads = new Map<string, Head>();
  try {
    for (const name of files) {
      heads.set(name, await Head.open(name, path.join(folder, name), reading));
    }
    const found = new Tally(folder, record);
    if (heads.has(MANIFEST_NAME)) await byManifest(heads, found);
    else await byPredictions(heads, found);
    for (const head of heads.values()) {
      if (head.current === undefined) continue;
      const left = shownPath(head.current.path);
      throw head.damaged(`${left} is in no other file of the shard`);
    }
    found.compare();
  } finally {
    for (const head of heads.values()) await head.close();
  }
}

/** Where there is a manifest, it has every input. */
async function byManifest(heads: ReadonlyMap<string, Head>, found: Tally): Promise<void> {
  const manifest = heads.get(MANIFEST_NAME)!;
  const failed = heads.get(FAILED_NAME);
  const predictions = predictionHeads(heads);
  while (manifest.current !== undefined) {
    const records = await manifest.takeInput();
    const [{ path: input, says }] = records;
    found.input(input);
    if (says.kind === 'failed') {
      found.failures += 1;
      // Of align, only the manifest says so.
      if (predictions.length > 0) await takeAlike(failed, records, manifest);
      continue;
    }
    if (says.kind === 'no_face') found.noFace += 1;
    if (says.kind !== 'face') continue;
    const single = records.map(isSingle);
    found.faces += records.length;
    found.overlapping += single.filter((is) => !is).length;
    const labelled = [];
    for (const head of predictions) labelled.push(await takeAlike(head, records, manifest));
    found.labelled(labelled, predictions, single);
  }
}

/** Of infer: aligned faces have either a prediction or a line in failed.txt. */
async function byPredictions(heads: ReadonlyMap<string, Head>, found: Tally): Promise<void> {
  const predictions = predictionHeads(heads);
  const [first, ...others] = predictions;
  while (first.current !== undefined) {
    const records = await first.takeInput();
    found.input(records[0].path);
    const labelled = [records];
    for (const head of others) labelled.push(await takeAlike(head, records, first));
    found.labelled(labelled, predictions);
  }
  const failed = heads.get(FAILED_NAME);
  while (failed?.current !== undefined) {
    const [{ path: input }] = await failed.takeInput();
    found.input(input);
    found.failures += 1;
  }
}

function predictionHeads(heads: ReadonlyMap<string, Head>): Head[] {
  return Object.values(PREDICTION_NAMES).flatMap((name) => heads.get(name) ?? []);
}

/** What `head` says of the input that `records` of `other` are of; it has to be next, with as many faces. */
async function takeAlike(
  head: Head | undefined,
  records: readonly MergeRecord[],
  other: Head,
): Promise<readonly MergeRecord[]> {
  const { path: input } = records[0];
  const isNext = head?.current?.path.equals(input) ?? false;
  const taken = isNext ? await head!.takeInput() : [];
  if (taken.length === records.length) return taken;
  const count = records.length === 1 ? '' : ` with ${records.length} faces`;
  const lacks = `${shownPath(input)} is in ${path.basename(other.file)}${count}`;
  if (head === undefined) throw other.damaged(`${lacks}, and there is no ${FAILED_NAME}`);
  throw head.damaged(`${lacks}, and is not so here`);
}

/** What was found in the files, by the names of counts in the record. */
class Tally {
  faces = 0;
  overlapping = 0;
  noFace = 0;
  failures = 0;
  private seen = 0;
  private predicted = 0;
  private readonly classes: Map<string, number>;
  /** What paths of inputs begin with, and paths below the input folder do not. */
  private readonly base: Buffer;

  constructor(
    private readonly folder: string,
    private readonly record: ShardRecord,
  ) {
    this.base = baseOf(record);
    this.classes = new Map(record.classNames.map((name) => [name, 0]));
  }

  /** @throws UserError where the input is not of this shard */
  input(file: Buffer): void {
    this.seen += 1;
    const { input } = this.record.given;
    if (input === undefined) {
      const listed = listedRelative(file);
      if (listed === undefined || isInShard(listed, this.shard)) return;
      throw this.notOfShard(file);
    }
    const isInput = file.equals(Buffer.from(input));
    const relative = isInput ? Buffer.from(path.basename(input)) : this.relativeOf(file);
    if (relative !== undefined && isInShard(relative, this.shard)) return;
    throw this.notOfShard(file);
  }

  private notOfShard(file: Buffer): UserError {
    return this.damaged(`${shownPath(file)} is no input of shard ${shardName(this.shard)}`);
  }

  /** The path below the input folder, which decides about the shard; undefined where it is not below it. */
  private relativeOf(file: Buffer): Buffer | undefined {
    // Of a folder, the slash says where it stands, and is no part of its name.
    const name = file.at(-1) === SLASH ? file.subarray(0, -1) : file;
    const isBelow = name.subarray(0, this.base.length).equals(this.base);
    return isBelow ? name.subarray(this.base.length) : undefined;
  }

  /**
   * Counts the labels of the faces of an input.
   *
   * @param all records of each file of predictions, as many in each
   * @param single whether each overlaps no better face: only these count for their classes
   */
  labelled(
    all: readonly (readonly MergeRecord[])[],
    files: readonly Head[],
    single: readonly boolean[] = [],
  ): void {
    checkAlike(all, files, labelOf, (here, there) => `is ${here} here and ${there} in`);
    checkAlike(all, files, numbersOf, () => 'has other numbers here than in');
    const labels = (all[0] ?? []).map(labelOf);
    this.predicted += labels.length;
    for (const [i, label] of labels.entries()) {
      if (single[i] ?? true) this.classes.set(label, this.classes.get(label)! + 1);
    }
  }

  /** @throws UserError where the record counts something else */
  compare(): void {
    const classes = Object.fromEntries(this.classes);
    const { seen, failures, faces, overlapping, noFace, predicted } = this;
    const found = {
      ...{ seen, failed: failures, faces, overlapping, no_face: noFace },
      ...{ predicted, classes },
    };
    for (const [name, count] of Object.entries(found)) {
      const recorded = this.record.counts[name];
      if (recorded === undefined || countText(recorded) === countText(count)) continue;
      throw this.damaged(
        `it counts ${name} ${countText(recorded)}, and its files have ${countText(count)}`,
      );
    }
  }

  private get shard() {
    return this.record.shard;
  }

  private damaged(problem: string): UserError {
    return new UserError(
      `${shownPath(path.join(this.folder, this.record.name))}: cannot be merged (${problem}); run the shard again with --overwrite`,
    );
  }
}

const SLASH = 0x2f;

/** The input folder with a slash. Where a single archive or image is the input, its own name is a part of the paths. */
function baseOf({ given: { input = '' }, provenance }: ShardRecord): Buffer {
  const isArchive = provenance.archives_sha256 !== undefined && provenance.archives !== true;
  const { length } = path.basename(input);
  const folder = Buffer.from(isArchive ? input.slice(0, input.length - length) : input);
  return joinPath(folder, Buffer.alloc(0));
}

/**
 * The path that decides about the shard, of a path of a list without an input folder. Such paths are relative to a
 * folder that is not recorded: undefined where only that folder could tell, of absolute paths and of those that lead
 * out of it. Drives and backslashes are those of a shard that ran on Windows.
 */
function listedRelative(file: Buffer): Buffer | undefined {
  const text = file.toString('latin1');
  if (/^\/|^[A-Za-z]:|\\/.test(text)) return undefined;
  const relative = path.posix.normalize(text);
  return relative.startsWith('..') ? undefined : Buffer.from(relative, 'latin1');
}

/** Whether the face overlaps no better one. */
function isSingle({ says }: MergeRecord): boolean {
  return !(says.kind === 'face' && says.overlaps);
}

/**
 * Compares what the files say of the faces of an input with what the first says that says it.
 *
 * @param saidOf undefined for records of a file that does not say it
 * @param problem what is wrong between a face's path and the name of the other file
 * @throws UserError where two files differ
 */
function checkAlike(
  all: readonly (readonly MergeRecord[])[],
  files: readonly Head[],
  saidOf: (record: MergeRecord) => string | undefined,
  problem: (here: string | undefined, there: string | undefined) => string,
): void {
  const first = all.findIndex((records) => saidOf(records[0]) !== undefined);
  for (let k = first + 1; first >= 0 && k < all.length; k += 1) {
    for (const [i, record] of all[k].entries()) {
      const [here, there] = [saidOf(record), saidOf(all[first][i])];
      if (here === undefined || here === there) continue;
      const other = path.basename(files[first].file);
      throw files[k].damaged(`${shownPath(record.path)} ${problem(here, there)} ${other}`);
    }
  }
}

function numbersOf({ says }: MergeRecord): string | undefined {
  return says.kind === 'label' ? says.numbers : undefined;
}

function labelOf({ says }: MergeRecord): string {
  return says.kind === 'label' ? says.label : '';
}
