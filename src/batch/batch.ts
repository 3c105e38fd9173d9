/** What `infer`, `align` and `run` have in common: workers do the inputs, and what comes of each is kept at once. */

import { Interruption } from '../cli/interruption.js';
import { Tally } from '../cli/tally.js';
import type { Input, Inputs } from '../inputs/open-inputs.js';
import type { CommonOptions, ComputeOptions } from '../options/options.js';
import { type Entry, entryOf, type FinishedImage } from '../tasks/entry.js';
import { type FailedInput, lostInput } from '../tasks/failed-input.js';
import { type Job, workersFor } from '../tasks/job.js';
import { poolFor } from '../tasks/worker-pool.js';
import { inParallel } from '../workers/parallel.js';
import type { PreviousRun, Results } from './earlier-run.js';
import type { Journal } from './journal.js';
import { createOutputFolder } from './results-folder.js';

/** The files of results of a command. */
export interface Outputs<Result> {
  write(result: Result | FailedInput): Promise<void>;
  /** Gives the files their names. */
  commit(): Promise<void>;
  /** Leaves what was written under partial names. */
  suspend(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

export interface Process<Result> {
  readonly job: Job;
  /** Inputs that a worker gets at once. */
  readonly groupSize: number;
  readonly inputs: Inputs;
  readonly options: CommonOptions & ComputeOptions;
  readonly results: Results;
  readonly previous: PreviousRun;
  /** The result that an earlier run had of an input, without pixels. */
  readonly restore: (image: FinishedImage) => Result | FailedInput;
  /** Whether pixels are wanted of what an earlier run has finished. */
  readonly needsPixels: boolean;
  readonly open: () => Promise<Outputs<Result>>;
}

type Resultlike = Parameters<typeof entryOf>[0];

/**
 * Does the inputs and gives the files of results their names.
 *
 * The files are opened when the first inputs are done: what keeps a worker from being set up leaves nothing
 * behind, but for the folder where workers write crops.
 *
 * @throws UserError or ModelError where the work cannot be done, or was interrupted; what is done is kept
 */
export async function processInputs<Result extends Resultlike>({
  job,
  groupSize,
  inputs,
  options,
  results: { folder, folderOption, resumeOption, crops },
  previous,
  restore,
  needsPixels,
  open,
}: Process<Result>): Promise<Tally> {
  const known = (input: Input | FinishedImage) =>
    'entry' in input && !(needsPixels && hasPixels(input.entry)) ? restore(input) : undefined;
  const pool = poolFor<Input | FinishedImage, Result | FailedInput>(
    job,
    workersFor(job.device, options.n_threads),
  );
  const interruption = new Interruption();
  const tally = new Tally(job.kind, inputs, options);
  let outputs: Outputs<Result> | undefined;
  let journal: Journal | undefined;
  try {
    await tally.start();
    if (crops !== undefined) await createOutputFolder(folderOption, folder);
    const marked = previous.mark(interruption.until(inputs.files));
    const done = inParallel(pool, marked, { groupSize, known, failed: lostInput });
    let next = await done.next();
    if (crops === undefined) await createOutputFolder(folderOption, folder);
    journal = await previous.begin();
    outputs = await open();
    for (; !next.done; next = await done.next()) {
      const { input, result } = next.value;
      const isNew = !('entry' in input) && !('reason' in input);
      if (isNew) await journal.add(input.relative, entryOf(result));
      await outputs.write(result);
      tally.add(result, 'entry' in input);
    }
    interruption.check(
      `${tally.seen} images are finished; the same command with ${resumeOption} goes on from there`,
    );
    await outputs.commit();
    if (journal.isEmpty && previous.hasJournal) {
      await journal.discard();
      journal = undefined;
    }
    return tally;
  } catch (error) {
    // The error that led here is the one to tell.
    if (tally.seen > 0) {
      await outputs?.suspend().catch(() => {});
    } else {
      await outputs?.discard().catch(() => {});
      await journal?.discard();
      journal = undefined;
    }
    throw error;
  } finally {
    interruption.stop();
    pool.close();
    tally.stop();
    await previous.close();
    await journal?.close().catch(() => {});
  }
}

function hasPixels(entry: Entry): boolean {
  return 'faces' in entry ? entry.faces.length > 0 : !('reason' in entry);
}
