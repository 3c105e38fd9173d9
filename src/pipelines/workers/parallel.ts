import { inBatches, orderedMap } from '../ordered.js';
import type { Job } from './jobs.js';
import { WorkerCrash, WorkerPool } from './pool.js';

/** Groups that each worker holds, at most: it decodes one while the networks run on the other. */
const GROUPS_A_WORKER = 2;

/**
 * Lets the workers of a pool do the inputs in groups, and yields a result for each input in their order.
 *
 * A worker that ends takes only the input with it that made it end: each it held is done again, alone in a
 * worker of its own.
 *
 * @param groupSize inputs a worker gets at once
 * @param failed the result for an input whose worker ended, by how it ended
 */
export async function* inParallel<Input, Result>(
  pool: WorkerPool<readonly Input[], readonly Result[]>,
  inputs: AsyncIterable<Input>,
  groupSize: number,
  failed: (input: Input, how: string) => Result,
): AsyncGenerator<Result> {
  const work = async (group: readonly Input[]): Promise<readonly Result[]> => {
    try {
      return await pool.run(group);
    } catch (error) {
      if (!(error instanceof WorkerCrash)) throw error;
      const results: Result[] = [];
      for (const input of group) results.push(...(await workAlone(input)));
      return results;
    }
  };
  const workAlone = async (input: Input): Promise<readonly Result[]> => {
    try {
      return await pool.runAlone([input]);
    } catch (error) {
      if (!(error instanceof WorkerCrash)) throw error;
      return [failed(input, error.message)];
    }
  };
  const groups = inBatches(inputs, { items: groupSize, cost: Number.POSITIVE_INFINITY }, () => 0);
  for await (const results of orderedMap(groups, work, { items: GROUPS_A_WORKER * pool.size })) {
    yield* results;
  }
}

/**
 * A pool of workers for a job, the first of them set up.
 *
 * @throws UserError or ModelError where what the job needs cannot be loaded
 */
export async function startWorkers<I, R>(
  job: Job,
  size: number,
): Promise<WorkerPool<readonly I[], readonly R[]>> {
  const pool = new WorkerPool<readonly I[], readonly R[]>(
    new URL('worker.js', import.meta.url),
    size,
    job,
  );
  await pool.open();
  return pool;
}
