/** What does the work: pipelines in this process, or in worker processes as the commands have them. */

import type { Input } from '../tasks/entry.js';
import { type FailedInput, lostInput } from '../tasks/failed-input.js';
import type { Job } from '../tasks/job.js';
import type { Pipeline } from '../tasks/work.js';
import { poolFor } from '../tasks/worker-pool.js';
import { inParallel } from '../workers/parallel.js';

export interface Engine<Result> {
  /** One result for each input, in their order; at once where nothing is to be done after the signal. */
  results(inputs: AsyncIterable<Input>, signal: AbortSignal): AsyncGenerator<Result | FailedInput>;
  close(): Promise<void>;
}

export function engineHere<Result>(pipeline: Pipeline<Result | FailedInput>): Engine<Result> {
  return {
    results: (inputs, signal) => pipeline.results(inputs, signal),
    close: () => pipeline.release(),
  };
}

/** @param groupSize inputs that a worker gets at once */
export function engineInWorkers<Result>(
  job: Job,
  workers: number,
  groupSize: number,
): Engine<Result> {
  const pool = poolFor<Input, Result | FailedInput>(job, workers);
  return {
    async *results(inputs) {
      const parallel = { groupSize, known: () => undefined, failed: lostInput };
      for await (const { result } of inParallel(pool, inputs, parallel)) yield result;
    },
    async close() {
      pool.close();
    },
  };
}
