/** How much work may be under way, so that memory does not grow with the number of inputs. */
export interface Bounds<R> {
  /** Items under way or waiting to be taken, at most. */
  readonly items: number;
  /** Cost of a result (e.g. its pixels) and what all that are under way may cost together. */
  readonly cost?: { readonly of: (result: R) => number; readonly limit: number };
}

/**
 * Maps the items with several calls under way at once and yields the results in the order of the items.
 *
 * What a result will cost is not known before it is there: each is taken to cost as much as the costliest
 * so far, and the first goes alone. One item is always let through, whatever it costs.
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  map: (item: T) => Promise<R>,
  { items: itemLimit, cost }: Bounds<R>,
): AsyncGenerator<R> {
  const iterator = items[Symbol.asyncIterator]();
  const underWay: Promise<R>[] = [];
  let expectedCost = cost?.limit ?? 0;
  let measured = false;
  let ended = false;

  const hasRoom = () =>
    underWay.length === 0 ||
    (underWay.length < itemLimit &&
      (cost === undefined || (underWay.length + 1) * expectedCost <= cost.limit));

  try {
    while (true) {
      while (!ended && hasRoom()) {
        const next = await iterator.next();
        if (next.done) {
          ended = true;
          break;
        }
        const result = map(next.value);
        // A failure is thrown when its turn comes; until then it is no unhandled rejection.
        result.catch(() => {});
        underWay.push(result);
      }
      const first = underWay.shift();
      if (first === undefined) return;
      const result = await first;
      if (cost !== undefined) {
        const actual = cost.of(result);
        expectedCost = measured ? Math.max(expectedCost, actual) : actual;
        measured = true;
      }
      yield result;
    }
  } finally {
    await iterator.return?.();
  }
}

/**
 * Groups of consecutive items, in order.
 *
 * @param limits a group ends with the item that fills `items` or makes the sum of costs reach `cost`
 */
export async function* inBatches<T>(
  items: AsyncIterable<T>,
  limits: { readonly items: number; readonly cost: number },
  costOf: (item: T) => number,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let cost = 0;
  for await (const item of items) {
    batch.push(item);
    cost += costOf(item);
    if (batch.length >= limits.items || cost >= limits.cost) {
      yield batch;
      batch = [];
      cost = 0;
    }
  }
  if (batch.length > 0) yield batch;
}
