/**
 * Iterations over the results of an engine: they give each result with its input, stop when a signal comes or
 * the engine is closed, and leave nothing behind, neither listeners nor work.
 */
import { UserError } from '../files/errors.js';
import type { TaskResult } from '../tasks/job.js';
import { orAborted } from '../workers/or-aborted.js';
import { checkIterable, checkNoOther, checkObject, checkSignal } from './checks.js';
import type { Engine } from './engine.js';
import type { ImageInput, Inputs } from './images.js';
import { inputFor } from './inputs.js';
import type { IterationOptions } from './options.js';

interface Iteration {
  readonly stop: AbortController;
  /** Done when nothing is under way any more. */
  end(): Promise<void>;
}

export class Iterations {
  private readonly open = new Set<Iteration>();
  private closing: Promise<void> | undefined;

  /** @param name of what the user closes, for messages */
  constructor(
    private readonly engine: Engine,
    private readonly name: string,
  ) {}

  /**
   * One result for each image, in their order. Several iterations may go on at the same time.
   *
   * @param present the result as the user sees it
   */
  async *results<I extends ImageInput, R>(
    images: Inputs<I>,
    options: IterationOptions,
    present: (input: I, result: TaskResult) => R,
  ): AsyncGenerator<R, void, undefined> {
    checkIterable('images', images);
    checkObject('options', options);
    const { signal, ...others } = options;
    checkNoOther(others, 'signal');
    checkSignal(signal);
    if (this.closing !== undefined) throw this.closedError();
    signal?.throwIfAborted();
    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const waiting: I[] = [];
    const results = this.engine.results(taken(images, waiting, stop.signal), stop.signal);
    let ended: Promise<void> | undefined;
    const iteration: Iteration = {
      stop,
      end() {
        ended ??= results.return(undefined).then(() => {});
        return ended;
      },
    };
    this.open.add(iteration);
    try {
      while (true) {
        const next = await orAborted(results.next(), stop.signal);
        if (next.done) return;
        yield present(waiting.shift() as I, next.value);
        stop.signal.throwIfAborted();
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      const end = iteration.end().finally(() => this.open.delete(iteration));
      // Work in flight ends in its own time, and so may whoever gives the images; close() waits for the work.
      if (stop.signal.aborted) end.catch(() => {});
      else await end;
    }
  }

  /** Stops what is under way, waits for its end, and closes the engine. */
  close(): Promise<void> {
    this.closing ??= this.stopAll();
    return this.closing;
  }

  private async stopAll(): Promise<void> {
    const ends = [...this.open].map(({ stop, end }) => {
      stop.abort(this.closedError());
      return end().catch(() => {});
    });
    await Promise.all(ends);
    await this.engine.close();
  }

  private closedError(): UserError {
    return new UserError(`the ${this.name} was closed; open another one`);
  }
}

/**
 * The results of one iteration by what is opened for it and closed with it.
 *
 * @throws what `open` and the iteration throw
 */
export async function* once<Opened extends { close(): Promise<void> }, Options, R>(
  options: Options & IterationOptions,
  open: (options: Omit<Options & IterationOptions, 'signal'>) => Promise<Opened>,
  results: (opened: Opened, options: IterationOptions) => AsyncGenerator<R, void, undefined>,
): AsyncGenerator<R, void, undefined> {
  checkObject('options', options);
  const { signal, ...rest } = options;
  checkSignal(signal);
  signal?.throwIfAborted();
  const opened = await open(rest);
  try {
    yield* results(opened, { signal });
  } finally {
    await opened.close();
  }
}

/** The images as the pipelines take them; each is also put into `waiting`, to be given back with its result. */
async function* taken<I extends ImageInput>(
  images: Inputs<I>,
  waiting: I[],
  signal: AbortSignal,
): AsyncGenerator<ReturnType<typeof inputFor>> {
  const asynchronous = (images as Partial<AsyncIterable<I>>)[Symbol.asyncIterator];
  const iterator = asynchronous?.call(images) ?? each(images as Iterable<I>);
  let isLive = true;
  try {
    while (true) {
      isLive = false;
      const next = await orAborted(iterator.next(), signal).catch((error) => {
        // One that fails is through; one that is left waiting is not.
        isLive = signal.aborted;
        throw error;
      });
      if (next.done) return;
      isLive = true;
      waiting.push(next.value);
      yield inputFor(next.value);
    }
  } finally {
    if (isLive) {
      const left = Promise.resolve(iterator.return?.());
      if (signal.aborted) left.catch(() => {});
      else await left;
    }
  }
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
