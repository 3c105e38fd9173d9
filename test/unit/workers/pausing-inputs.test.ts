import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches, orderedMap } from '../../../src/workers/ordered.js';

/** Gives the items, then nothing for ever. */
async function* pausing<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
  await new Promise(() => {});
}

async function* failingAfter<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
  throw new Error('no more');
}

test('a finished result does not wait for the next item', async () => {
  const results = orderedMap(pausing([1, 2, 3]), async (i) => i * 10, { items: 8 });
  const found: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    found.push(await Promise.race([results.next(), sleep(1000, 'waits')]));
  }
  assert.deepEqual(
    found,
    [10, 20, 30].map((value) => ({ value, done: false })),
  );
});

test('as many items are asked for as there is room, however soon results come', async () => {
  let [started, taken, most] = [0, 0, 0];
  async function* items() {
    for (let i = 0; i < 40; i++) yield i;
  }
  const count = async () => {
    started += 1;
    most = Math.max(most, started - taken);
  };
  for await (const _ of orderedMap(items(), count, { items: 5 })) {
    taken += 1;
    await sleep(1);
  }
  assert.equal(taken, 40);
  assert.equal(most, 5);
});

test('a group that waits a second goes as it is, and the next item begins another', async () => {
  async function* items() {
    yield* [1, 2];
    await sleep(1500);
    yield* [3, 4, 5, 6];
  }
  const start = performance.now();
  const groups: number[][] = [];
  let first = 0;
  for await (const group of inBatches(items(), { items: 3, cost: 99 }, () => 1)) {
    if (groups.length === 0) first = performance.now() - start;
    groups.push(group);
  }
  assert.deepEqual(groups, [[1, 2], [3, 4, 5], [6]]);
  assert.ok(first > 900 && first < 1450, `${first} ms`);
});

test('items that fail to come do so after what came before', async () => {
  const results: number[] = [];
  await assert.rejects(async () => {
    const map = async (i: number) => {
      await sleep(5);
      return i;
    };
    for await (const i of orderedMap(failingAfter([1, 2]), map, { items: 4 })) results.push(i);
  }, /no more/);
  assert.deepEqual(results, [1, 2]);
  const groups: number[][] = [];
  await assert.rejects(async () => {
    const batches = inBatches(failingAfter([1, 2, 3]), { items: 2, cost: 9 }, () => 1);
    for await (const group of batches) groups.push(group);
  }, /no more/);
  assert.deepEqual(groups, [[1, 2], [3]]);
});

test('whoever stops does not wait for an item that does not come', async () => {
  const stopped = orderedMap(pausing([1]), async (i) => i, { items: 4 });
  await stopped.next();
  assert.notEqual(await Promise.race([stopped.return(undefined), sleep(1000, 'waits')]), 'waits');
});
