import { inBatches, orderedMap } from './ordered.js';
import { type Ending, WorkerCrash, type WorkerPool } from './pool.js';

/** Groups that each worker holds, at most: it decodes one while the networks run on the other. */
const GROUPS_A_WORKER = 2;

/** Inputs in a group that need no worker, at most. */
const KNOWN_A_GROUP = 1024;

export interface Parallel<Input, Result> {
  /** Inputs that a worker gets at once. */
  readonly groupSize: number;
  /** The result for an input that needs no worker; undefined for others. */
  readonly known: (input: Input) => Result | undefined;
  /** What workers call the input when they say what they are at work on. */
  readonly nameOf: (input: Input) => string;
  /** The result for an input whose worker ended, by how it ended. */
  readonly failed: (input: Input, ending: Ending) => Result;
}

/**
 * Lets the workers of a pool do the inputs in groups, and yields each with its result, in their order.
 *
 * A worker that ends takes only the input with it that made it end: each that it was at work on is tried once more,
 * alone, and the others of its group go on.
 */
export async function* inParallel<Input, Result>(
  pool: WorkerPool<readonly Input[], readonly Result[]>,
  inputs: AsyncIterable<Input>,
  { groupSize, known, nameOf, failed }: Parallel<Input, Result>,
): AsyncGenerator<{ readonly input: Input; readonly result: Result }> {
  interface Item {
    readonly input: Input;
    result: Result | undefined;
  }
  const work = async (group: readonly Item[]): Promise<readonly Item[]> => {
    const open = group.filter(({ result }) => result === undefined);
    const results = await workTogether(open.map(({ input }) => input));
    for (const [i, item] of open.entries()) item.result = results[i];
    return group;
  };
  const workTogether = async (group: readonly Input[]): Promise<readonly Result[]> => {
    if (group.length === 0) return [];
    try {
      return await pool.run(group);
    } catch (error) {
      if (!(error instanceof WorkerCrash)) throw error;
      const { suspects } = error;
      const isSuspect = (input: Input) => suspects.size === 0 || suspects.has(nameOf(input));
      const others = group.filter((input) => !isSuspect(input));
      const ofOthers = (await workTogether(others)).values();
      const results: Result[] = [];
      for (const input of group) {
        results.push(isSuspect(input) ? await workAlone(input) : ofOthers.next().value!);
      }
      return results;
    }
  };
  const workAlone = async (input: Input): Promise<Result> => {
    try {
      const [result] = await pool.runAlone([input]);
      return result;
    } catch (error) {
      if (!(error instanceof WorkerCrash)) throw error;
      return failed(input, error.ending);
    }
  };
  const items = mapEach(inputs, (input): Item => ({ input, result: known(input) }));
  const limits = { items: KNOWN_A_GROUP, cost: groupSize };
  const groups = inBatches(items, limits, ({ result }) => (result === undefined ? 1 : 0));
  for await (const group of orderedMap(groups, work, { items: GROUPS_A_WORKER * pool.size })) {
    for (const { input, result } of group) yield { input, result: result as Result };
  }
}

async function* mapEach<T, U>(items: AsyncIterable<T>, map: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield map(item);
}
