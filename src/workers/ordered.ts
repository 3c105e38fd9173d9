/** How much work may be under way, so that memory does not grow with the number of inputs. */
export interface Bounds<R> {
  /** Items under way or waiting to be taken, at most. */
  readonly items: number;
  /** Cost of a result (e.g. its pixels) and what all that are under way may cost together. */
  readonly cost?: { readonly of: (result: R) => number; readonly limit: number };
}

/**
 * Maps the items with several calls under way at once and yields the results in the order of the items, each as soon
 * as it is there: one that is finished does not wait for the next item. Items that fail to come do so in their turn,
 * after the results of those before.
 *
 * What a result will cost is not known before it is there: each is taken to cost as much as the costliest
 * so far, and the first goes alone. One item is always let through, whatever it costs.
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  map: (item: T) => Promise<R>,
  { items: itemLimit, cost }: Bounds<R>,
): AsyncGenerator<R> {
  const source = new Source(items);
  const underWay: UnderWay<R>[] = [];
  let expectedCost = cost?.limit ?? 0;
  let measured = false;

  const hasRoom = () =>
    underWay.length === 0 ||
    (underWay.length < itemLimit &&
      (cost === undefined || (underWay.length + 1) * expectedCost <= cost.limit));

  try {
    while (true) {
      while (source.isOpen && hasRoom()) {
        const item = await source.nextUnless(underWay[0]?.isOverdue);
        if (item === undefined) break;
        if (item.done) continue;
        const result = map(item.value);
        // A failure is thrown when its turn comes; until then it is no unhandled rejection.
        underWay.push({ result, isOverdue: result.then(aTurn, aTurn) });
      }
      const first = underWay.shift();
      if (first === undefined) return source.rethrow();
      const result = await first.result;
      if (cost !== undefined) {
        const actual = cost.of(result);
        expectedCost = measured ? Math.max(expectedCost, actual) : actual;
        measured = true;
      }
      yield result;
    }
  } finally {
    await source.close();
  }
}

interface UnderWay<R> {
  readonly result: Promise<R>;
  /** Resolves when the result is there and no item has come at once either. Never rejects. */
  readonly isOverdue: Promise<void>;
}

/** Whatever is ready comes first: results that are taken too early would leave too few under way. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How long a group waits for its next item, milliseconds. */
const PATIENCE = 1000;

/**
 * Groups of consecutive items, in order. A group that waits a second for its next item goes as it is: whoever gives
 * the items may pause.
 *
 * @param limits a group ends with the item that fills `items` or makes the sum of costs reach `cost`
 */
export async function* inBatches<T>(
  items: AsyncIterable<T>,
  limits: { readonly items: number; readonly cost: number },
  costOf: (item: T) => number,
): AsyncGenerator<T[]> {
  const source = new Source(items);
  try {
    while (source.isOpen) {
      const batch: T[] = [];
      let cost = 0;
      let pause: Pause | undefined;
      while (source.isOpen && batch.length < limits.items && cost < limits.cost) {
        const item = await source.nextUnless(pause?.promise);
        if (item === undefined) break;
        if (item.done) continue;
        batch.push(item.value);
        cost += costOf(item.value);
        // One timer a group, put off by each item.
        if (pause === undefined) pause = new Pause(PATIENCE);
        else pause.restart();
      }
      pause?.cancel();
      if (batch.length > 0) yield batch;
    }
    source.rethrow();
  } finally {
    await source.close();
  }
}

/** Items one by one, where waiting for one can be given up and taken up again. */
class Source<T> {
  private readonly iterator: AsyncIterator<T>;
  /** The request for an item that was given up. */
  private next: Promise<IteratorResult<T>> | undefined;
  private failure: { readonly error: unknown } | undefined;
  /** Whether more may come. */
  isOpen = true;

  constructor(items: AsyncIterable<T>) {
    this.iterator = items[Symbol.asyncIterator]();
  }

  /**
   * The next item; done where there is none or it failed to come (`rethrow`).
   *
   * @param event when it resolves first, the item is left for the next call; it never rejects
   * @returns undefined where the event came first
   */
  async nextUnless(event: Promise<void> | undefined): Promise<IteratorResult<T> | undefined> {
    this.next ??= this.iterator.next();
    const next = this.next;
    try {
      const found = await (event === undefined ? next : Promise.race([next, event]));
      if (found === undefined) return undefined;
      this.next = undefined;
      if (found.done) this.isOpen = false;
      return found;
    } catch (error) {
      this.next = undefined;
      this.isOpen = false;
      this.failure = { error };
      return { done: true, value: undefined };
    }
  }

  /** @throws what kept an item from coming, if anything did */
  rethrow(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  /** Lets whoever gives the items end. One that is still asked for an item ends when it has found it. */
  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    const end = Promise.resolve(this.iterator.return?.());
    if (this.next === undefined) await end;
    else end.catch(nothing);
  }
}

function nothing(): undefined {}

/** A promise that resolves when nobody has asked it to wait any longer for so many milliseconds. */
class Pause {
  readonly promise: Promise<void>;
  private readonly timer: NodeJS.Timeout;

  constructor(patience: number) {
    let resolve!: () => void;
    this.promise = new Promise((fulfil) => {
      resolve = fulfil;
    });
    this.timer = setTimeout(resolve, patience);
  }

  restart(): void {
    this.timer.refresh();
  }

  cancel(): void {
    clearTimeout(this.timer);
  }
}
