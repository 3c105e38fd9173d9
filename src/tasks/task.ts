/**
 * A task: images in, one result for each out. It is a function of images and networks, and knows nothing of
 * journals, result files or processes; open-job.ts wraps what a run needs around it.
 */
import type { FailedInput } from './failed-input.js';
import type { TaskInput } from './input.js';

/** Loads the networks. @throws ModelError where one cannot be used */
export type Task<Setup, Result> = (setup: Setup) => Promise<OpenTask<Result>>;

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

/** So many photographs that their faces make a batch worth running. */
export const PHOTOGRAPHS_TOGETHER = 8;
