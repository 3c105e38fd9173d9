import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches, orderedMap } from '../../../src/workers/ordered.js';
import { collect } from '../../support/collect.js';

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

test('results keep the order of the items, whatever each takes', async () => {
  const delays = [9, 1, 5, 0, 7, 2];
  const results = orderedMap(
    from(delays),
    async (delay) => {
      await sleep(delay);
      return delay;
    },
    { items: 3 },
  );
  assert.deepEqual(await collect(results), delays);
});

test('no more items are under way than allowed', async () => {
  let underWay = 0;
  let most = 0;
  const results = orderedMap(
    from(Array.from({ length: 20 }, (_, i) => i)),
    async (i) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(1);
      underWay -= 1;
      return i;
    },
    { items: 4 },
  );
  assert.equal((await collect(results)).length, 20);
  assert.equal(most, 4);
});

test('costly results bound how many wait, and one is always let through', async () => {
  let started = 0;
  let taken = 0;
  let most = 0;
  const results = orderedMap(
    from(Array.from({ length: 12 }, (_, i) => i)),
    async (i) => {
      started += 1;
      most = Math.max(most, started - taken);
      return i;
    },
    { items: 100, cost: { of: () => 30, limit: 100 } },
  );
  for await (const _ of results) taken += 1;
  assert.equal(taken, 12);
  assert.equal(most, 3);
  const huge = orderedMap(from([1, 2]), async (i) => i, {
    items: 100,
    cost: { of: () => 1000, limit: 1 },
  });
  assert.deepEqual(await collect(huge), [1, 2]);
});

test('a failure is thrown when its turn comes, and the source is closed', async () => {
  let closed = false;
  async function* source() {
    try {
      yield* [1, 2, 3, 4, 5, 6];
    } finally {
      closed = true;
    }
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    const results = orderedMap(
      source(),
      async (i) => {
        if (i === 3) throw new Error('three');
        return i;
      },
      { items: 4 },
    );
    for await (const result of results) seen.push(result);
  }, /three/);
  assert.deepEqual(seen, [1, 2]);
  assert.ok(closed);
});

test('batches end by number or by cost, and nothing is lost at the end', async () => {
  const limits = { items: 3, cost: 10 };
  const batches = inBatches(from([1, 1, 1, 1, 20, 1, 9, 1]), limits, (item) => item);
  assert.deepEqual(await collect(batches), [[1, 1, 1], [1, 20], [1, 9], [1]]);
});
