/**
 * A task: images in, one result for each out. It is a function of images and networks, and knows nothing of
 * journals, result files or processes; job.ts wraps what a run needs around it.
 */
import type { Entry } from './entry.js';
import type { FailedInput } from './failed-input.js';
import type { FinishedInput } from './finished-input.js';
import type { TaskInput } from './input.js';

export interface Task<Setup, Result> {
  /** Inputs that a worker gets at once. */
  groupSize(setup: Setup): number;
  /** Loads the networks. @throws ModelError where one cannot be used */
  open(setup: Setup): Promise<OpenTask<Result>>;
  /** What the journal keeps of a result: all but pixels. */
  toEntry(result: Result): Entry;
  /**
   * The result that was kept, without pixels.
   *
   * @throws Error where the entry is that of another task
   */
  fromEntry(input: FinishedInput, setup: Setup): Result | FailedInput;
}

export interface OpenTask<Result> {
  /**
   * One result for each input, in their order.
   *
   * @param signal when it comes, no more faces are searched for; the results are not for use then
   */
  process(
    inputs: AsyncIterable<TaskInput>,
    signal?: AbortSignal,
  ): AsyncGenerator<Result | FailedInput>;
  release(): Promise<void>;
}

/** Workers share the cores among themselves: the networks of each run on one. */
export const THREADS = 1;
