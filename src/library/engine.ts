/** What does the work: a task in this process, or in worker processes as the commands have them. */
import { imageName } from '../tasks/at-work.js';
import { lostInput } from '../tasks/failed-input.js';
import type { TaskInput } from '../tasks/input.js';
import { type Job, outlineOf, type TaskResult } from '../tasks/job.js';
import { openTask } from '../tasks/open-job.js';
import { poolFor } from '../tasks/worker-pool.js';
import { inParallel } from '../workers/parallel.js';

export interface Engine {
  /** One result for each input, in their order; at once where nothing is to be done after the signal. */
  results(inputs: AsyncIterable<TaskInput>, signal: AbortSignal): AsyncGenerator<TaskResult>;
  close(): Promise<void>;
}

/** Whoever calls the library has a signal to end an iteration. */
const NO_TIMEOUT = 0;

/** @param workers processes at most; 0 does the work in this one. */
export async function openEngine(job: Job, workers: number): Promise<Engine> {
  return workers > 0 ? engineInWorkers(job, workers) : engineHere(job);
}

async function engineHere(job: Job): Promise<Engine> {
  const task = await openTask(job);
  return {
    results: (inputs, signal) => task.process(inputs, signal),
    close: () => task.release(),
  };
}

function engineInWorkers(job: Job, workers: number): Engine {
  const pool = poolFor(job, workers, NO_TIMEOUT);
  return {
    async *results(inputs) {
      const groupSize = outlineOf(job).groupSize(job.setup);
      const parallel = { groupSize, known: () => undefined, nameOf: imageName, failed: lostInput };
      for await (const { result } of inParallel(pool, inputs, parallel)) yield result;
    },
    async close() {
      pool.close();
    },
  };
}
