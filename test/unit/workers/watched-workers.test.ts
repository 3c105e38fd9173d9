/** What a pool knows of its workers: what they are at work on, for how long, and whether they can be started. */
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../../../scripts/processes.js';
import { ModelError, UserError } from '../../../src/files/errors.js';
import { inParallel } from '../../../src/workers/parallel.js';
import { type Ending, type PoolLimits, WorkerPool } from '../../../src/workers/pool.js';
import { temporaryFolder } from '../../support/cli.js';
import type { Setup } from '../../support/watched-worker.js';

const WORKER = new URL('../../support/watched-worker.js', import.meta.url);
const NEEDS_PROC = process.platform !== 'linux' && 'it looks for workers in /proc';
const folder = temporaryFolder();

type Words = readonly string[];

function poolOf(size: number, setup: Setup = {}, limits: Partial<PoolLimits> = {}) {
  return new WorkerPool<Words, Words>(WORKER, size, setup, limits);
}

async function resultsOf(pool: WorkerPool<Words, Words>, words: Words, groupSize: number) {
  async function* each() {
    yield* words;
  }
  const results: string[] = [];
  const known = () => undefined;
  const nameOf = (word: string) => word;
  const failed = (word: string, ending: Ending) => `${word}: ${ending.kind}`;
  const parallel = { groupSize, known, nameOf, failed };
  for await (const { result } of inParallel(pool, each(), parallel)) results.push(result);
  pool.close();
  return results;
}

for (const slow of ['block', 'wait']) {
  test(`an input that takes too long (${slow}) is tried once more and lost, others are done`, async () => {
    const words = ['a', 'b', slow, 'c', 'd', 'e', 'f'];
    const pool = poolOf(2, {}, { input: 1 });
    assert.deepEqual(
      await resultsOf(pool, words, 3),
      words.map((word) => (word === slow ? `${slow}: timed_out` : word.toUpperCase())),
    );
  });
}

test('time counts for each input, not for those that wait for it in their group', async () => {
  const words = Array.from({ length: 12 }, (_, i) => `word${i}`);
  const pool = poolOf(1, { pace: 200 }, { input: 1 });
  const expected = words.map((word) => word.toUpperCase());
  assert.deepEqual(await resultsOf(pool, words, 12), expected);
});

test('of a worker that is killed only what it was at work on is tried alone', async () => {
  const pool = poolOf(1);
  let alone = 0;
  const runAlone = pool.runAlone.bind(pool);
  pool.runAlone = (task) => {
    alone += 1;
    return runAlone(task);
  };
  const words = ['a', 'b', 'kill', 'c', 'd'];
  assert.deepEqual(await resultsOf(pool, words, 5), ['A', 'B', 'kill: ended', 'C', 'D']);
  assert.equal(alone, 1);
});

test('a pool has no more workers than its size, also after they are killed', {
  skip: NEEDS_PROC,
}, async () => {
  const words = Array.from({ length: 60 }, (_, i) => (i % 10 === 3 ? `kill${i}` : `word${i}`));
  const before = childrenOf(process.pid).length;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, childrenOf(process.pid).length - before);
  }, 5);
  const results = await resultsOf(poolOf(2, { pace: 5 }), words, 4);
  clearInterval(timer);
  assert.equal(results.filter((result) => result.endsWith(': ended')).length, 6);
  assert.equal(most, 2);
});

test('a worker that is killed while it loads is started again once others have been ready', async () => {
  const failing = path.join(folder, 'once-ready');
  const pool = poolOf(2, { failing, once: true, pace: 50 });
  await pool.run(['first']);
  writeFileSync(failing, '');
  const words = ['a', 'b', 'kill', 'c', 'd', 'e', 'f'];
  assert.deepEqual(
    await resultsOf(pool, words, 1),
    words.map((word) => (word === 'kill' ? 'kill: ended' : word.toUpperCase())),
  );
  assert.ok(!existsSync(failing));
});

test('a first worker that is killed while it loads is started once more', async () => {
  const failing = path.join(folder, 'first');
  writeFileSync(failing, '');
  const pool = poolOf(1, { failing });
  const result = pool.run(['word']);
  const isGone = (pid: number) => !childrenOf(process.pid).includes(pid);
  const [pid] = childrenOf(process.pid);
  while (!isGone(pid)) await sleep(1);
  rmSync(failing);
  assert.deepEqual(await result, ['WORD']);
  pool.close();
});

test('a first start that fails twice by SIGKILL speaks of memory', async () => {
  const failing = path.join(folder, 'always');
  writeFileSync(failing, '');
  const pool = poolOf(2, { failing });
  await assert.rejects(pool.run(['word']), (error) => {
    assert.ok(error instanceof ModelError);
    assert.match(error.message, /^a worker process could not start \(SIGKILL\): .*memory/);
    return true;
  });
});

test('workers that cannot be started any more, after others had, are no fault of the model', async () => {
  const failing = path.join(folder, 'later');
  const pool = poolOf(1, { failing });
  await pool.run(['first']);
  writeFileSync(failing, '');
  await assert.rejects(resultsOf(pool, ['kill', 'a'], 1), (error) => {
    assert.ok(error instanceof UserError && !(error instanceof ModelError));
    assert.equal(error.exitCode, 1);
    assert.match(error.message, /could not start again \(SIGKILL\): .*memory/);
    return true;
  });
  pool.close();
});

test('a process that the system refuses is not blamed on the networks', async () => {
  const { execPath } = process;
  const pool = poolOf(2);
  try {
    process.execPath = '/nowhere/node';
    await assert.rejects(pool.run(['word']), (error) => {
      assert.ok(error instanceof UserError && !(error instanceof ModelError));
      assert.match(error.message, /^a worker process cannot be started: no such file or folder; /);
      return true;
    });
  } finally {
    process.execPath = execPath;
  }
  assert.deepEqual(await pool.run(['word']), ['WORD']);
  pool.close();
});
