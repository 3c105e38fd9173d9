/**
 * A batch: workers do the inputs of a run, what comes of each is kept at once, and at the end the files of results
 * and the record take their names together. Knows no terminal: whoever runs it hears of results and prints.
 */
import path from 'node:path';
import { discardStaged, publish, type StagedFile, stageFile } from '../files/atomic.js';
import { type ExitCode, UserError } from '../files/errors.js';
import { type FileRecord, fileName, fileRecord } from '../files/file-record.js';
import type { Inputs } from '../inputs/open-inputs.js';
import type { Sink } from '../outputs/sink.js';
import type { Device } from '../runtime/devices.js';
import { imageName } from '../tasks/at-work.js';
import { type FailedInput, lostInput } from '../tasks/failed-input.js';
import type { FinishedInput } from '../tasks/finished-input.js';
import { type Job, type JobInput, outlineOf, restored, type TaskResult } from '../tasks/job.js';
import { poolFor, workersFor } from '../tasks/worker-pool.js';
import { orAborted } from '../workers/or-aborted.js';
import { inParallel } from '../workers/parallel.js';
import type { Counts } from './counts.js';
import type { EarlierRun } from './earlier-run.js';
import { type Journal, removeJournals } from './journal.js';
import type { FolderLock } from './lock.js';
import { keepsJournals, type Results, recordName } from './results.js';

export interface Batch {
  readonly job: Job;
  readonly device: Device;
  /** Worker processes at most. */
  readonly workers: number;
  /** How long a worker may be at work on an image, seconds; 0 for any time. */
  readonly imageTimeout: number;
  readonly inputs: Inputs;
  readonly results: Results;
  readonly earlier: EarlierRun;
  readonly sink: Sink<TaskResult>;
  readonly counts: Counts;
  /** Of the folder of results. */
  readonly lock: FolderLock;
  /** Ends the work: what is in flight is finished and kept. Its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
  /** Told of each result once it is kept and counted. */
  readonly onResult: (result: TaskResult) => void;
  /** The record of the finished run, which lists the files it made. */
  readonly record: (files: readonly FileRecord[]) => object;
}

/** Why a batch was ended. */
export interface Interrupted {
  readonly exitCode: ExitCode;
}

/**
 * Does the inputs and gives the files of results their names.
 *
 * The files are opened when the first inputs are done: what keeps a worker from being set up leaves nothing
 * behind.
 *
 * @throws UserError or ModelError where the work cannot be done, or was interrupted; what is done is kept
 */
export async function runBatch(batch: Batch): Promise<void> {
  const { device, workers, inputs, earlier, sink, counts, signal, lock } = batch;
  const job = earlier.ruleCrops(batch.job, lock);
  const pool = poolFor(job, workersFor(device, workers), batch.imageTimeout);
  let journal: Journal | undefined;
  let isOpen = false;
  const marked: AsyncIterable<JobInput> = earlier.mark(until(signal, inputs.files));
  const done = inParallel<JobInput, TaskResult>(pool, marked, {
    groupSize: outlineOf(job).groupSize(job.setup),
    known: (input) => (needsNoWorker(input, job) ? restored(input, job) : undefined),
    nameOf: imageName,
    failed: lostInput,
  });
  try {
    let next = await done.next();
    journal = await earlier.begin(lock);
    await sink.open();
    isOpen = true;
    for (; !next.done; next = await done.next()) {
      const { input, result } = next.value;
      // A folder that cannot be read has no line: it is no image, and is walked again. Archives likewise.
      if (input.kind === 'file' || input.kind === 'member') {
        await journal.add(input.relative, input.stamp, entryOf(result, job));
      }
      earlier.keepCrops(input.relative, result);
      await sink.write(result);
      counts.add(result, input.kind === 'finished');
      counts.replaced = earlier.replaced;
      batch.onResult(result);
    }
    refuseInterrupted(batch);
    await finish(batch, journal);
    journal = undefined;
  } catch (error) {
    // The error that led here is the one to tell.
    if (counts.seen > 0) {
      if (isOpen) await sink.suspend().catch(() => {});
    } else {
      if (isOpen) await sink.discard().catch(() => {});
      await journal?.discard();
      journal = undefined;
    }
    throw error;
  } finally {
    pool.close();
    await done.return(undefined);
    await earlier.close();
    await journal?.close().catch(() => {});
  }
}

/** The items until a signal comes; one that is waited for then is not waited for any longer. */
async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await orAborted(iterator.next(), signal);
      if (next.done || signal.aborted) return;
      yield next.value;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    const end = Promise.resolve(iterator.return?.());
    if (signal.aborted) end.catch(() => {});
    else await end;
  }
}

function refuseInterrupted({ signal, counts, results }: Batch): void {
  if (!signal.aborted) return;
  throw new UserError(
    `interrupted; ${counts.seen} images are finished; the same command with ${results.resumeOption} goes on from there`,
    (signal.reason as Interrupted).exitCode,
  );
}

/** Whether all that is wanted of an input is known from an earlier run. */
function needsNoWorker(input: JobInput, { pixels }: Job): input is FinishedInput {
  if (input.kind !== 'finished') return false;
  const { entry } = input;
  const hasPixels = entry.kind === 'photograph' ? entry.faces.length > 0 : entry.kind !== 'failed';
  return pixels === undefined || !hasPixels;
}

function entryOf(result: TaskResult, job: Job) {
  if (result.kind !== 'failed') return outlineOf(job).toEntry(result);
  const { kind, reason, mayPass } = result as FailedInput;
  return { kind, reason, mayPass };
}

/** One commit for all files: written out and on the disk, then named, the record last; then the journals may go. */
async function finish(
  { sink, results, earlier, counts, lock, record }: Batch,
  journal: Journal,
): Promise<void> {
  const { command, folder } = results;
  const staged: StagedFile[] = [...(await sink.seal())];
  const oldCrops = await earlier.oldCrops(lock);
  try {
    if (oldCrops !== undefined) counts.leftCrops = await earlier.findStale(oldCrops);
    const text = `${JSON.stringify(record(staged.map(fileRecord)), null, 2)}\n`;
    staged.push(await stageFile(path.join(folder, recordName(command)), text));
    await lock.verify();
    await publish(staged);
  } catch (error) {
    await oldCrops?.close();
    await discardStaged(staged);
    throw error;
  }
  await earlier.removeReplaced(staged.map(({ path: file }) => fileName(file)));
  if (oldCrops !== undefined) {
    await earlier.removeStale(oldCrops);
    await oldCrops.close();
  }
  if (journal.isEmpty && earlier.hasJournal) await journal.discard();
  else await journal.close();
  if (!keepsJournals(command, counts.failed)) await removeJournals(folder, command);
}
