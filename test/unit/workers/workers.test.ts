import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../../../scripts/processes.js';
import { ModelError, UserError } from '../../../src/files/errors.js';
import { packageFile } from '../../../src/files/package.js';
import { inParallel } from '../../../src/workers/parallel.js';
import { type Ending, WorkerCrash, WorkerPool } from '../../../src/workers/pool.js';
import { startAhead } from '../../../src/workers/process.js';
import { collect } from '../../support/collect.js';
import type { Setup } from '../../support/fragile-worker.js';

const WORKER = new URL('../../support/fragile-worker.js', import.meta.url);
/** For scripts in processes of their own. */
const POOL = packageFile('dist/src/workers/pool.js');
const PROCESS = packageFile('dist/src/workers/process.js');

async function withPool<T>(
  size: number,
  use: (pool: WorkerPool<readonly string[], readonly string[]>) => Promise<T>,
  setup: Setup = {},
): Promise<T> {
  const pool = new WorkerPool<readonly string[], readonly string[]>(WORKER, size, setup);
  try {
    return await use(pool);
  } finally {
    pool.close();
  }
}

/** Results of the words, done in groups; words that begin with `known` need no worker. */
async function inGroups(
  pool: WorkerPool<readonly string[], readonly string[]>,
  inputs: readonly string[],
  groupSize: number,
  failed = (_: string, ending: Ending) => `lost to ${howOf(ending)}`,
): Promise<string[]> {
  const known = (word: string) => (word.startsWith('known') ? `${word} before` : undefined);
  const all: string[] = [];
  for await (const { input, result } of inParallel(pool, each(inputs), {
    groupSize,
    known,
    nameOf: (word) => word,
    failed,
  })) {
    assert.equal(input, inputs[all.length]);
    all.push(result);
  }
  return all;
}

function howOf(ending: Ending): string {
  return ending.kind === 'ended' ? ending.how : `more than ${ending.limit} s`;
}

async function* each(words: readonly string[]): AsyncGenerator<string> {
  yield* words;
}

const words = Array.from({ length: 50 }, (_, i) => `word${i}`);

test('results keep the order of the inputs, over several workers', async () => {
  const results = await withPool(3, (pool) => inGroups(pool, words, 4));
  assert.deepEqual(
    results,
    words.map((word) => word.toUpperCase()),
  );
});

test('inputs that are known go by the workers, and keep their places', async () => {
  const inputs = words.flatMap((word, i) => (i % 3 === 0 ? [word, `known${i}`] : [`known${i}`]));
  const results = await withPool(2, (pool) => inGroups(pool, inputs, 4));
  assert.deepEqual(
    results,
    inputs.map((word) => (word.startsWith('known') ? `${word} before` : word.toUpperCase())),
  );
  // With nothing left to do there is no worker at all: one that cannot start is not missed.
  const known = ['known1', 'known2'];
  const none = await withPool(2, (pool) => inGroups(pool, known, 1), { fails: 'by ending' });
  assert.deepEqual(none, ['known1 before', 'known2 before']);
});

test('a worker that is killed loses only the input that did it; nothing hangs', async () => {
  const inputs = [...words.slice(0, 20), 'kill', ...words.slice(20, 40), 'kill', 'last'];
  const results = await withPool(2, (pool) =>
    inGroups(pool, inputs, 5, (input, ending) => `${input} lost to ${howOf(ending)}`),
  );
  assert.deepEqual(
    results,
    inputs.map((word) => (word === 'kill' ? 'kill lost to SIGKILL' : word.toUpperCase())),
  );
});

test('what a task throws is thrown here, and the worker goes on', async () => {
  await withPool(1, async (pool) => {
    await assert.rejects(pool.run(['throw']), /thrown in the worker/);
    assert.deepEqual(await pool.run(['on']), ['ON']);
  });
});

test('a worker that cannot be set up says why, with its exit code', async () => {
  await withPool(
    2,
    async (pool) => {
      await assert.rejects(pool.run(['word']), (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.message, 'the model is broken');
        assert.equal(error.exitCode, 4);
        return true;
      });
    },
    { fails: 'with a sentence' },
  );
});

test('a worker that ends before it is set up is an error, not a loss of inputs', async () => {
  await withPool(
    2,
    async (pool) => {
      await assert.rejects(inGroups(pool, words, 5), (error) => {
        assert.ok(!(error instanceof WorkerCrash));
        assert.match((error as Error).message, /could not start \(exit code 7\)/);
        return true;
      });
    },
    { fails: 'by ending' },
  );
});

for (const [fails, how, limit] of [
  ['by a signal', 'SIGSEGV', 60_000],
  ['by never coming back', 'no answer in 1 s', 1000],
] as const) {
  test(`a worker whose setup fails ${fails} is an error of the model`, async () => {
    const pool = new WorkerPool(WORKER, 1, { fails }, { setup: limit });
    await assert.rejects(pool.run(['word']), (error) => {
      assert.ok(error instanceof ModelError);
      assert.match(
        error.message,
        new RegExp(`^a worker process could not start \\(${how}\\): .*--ckpt`),
      );
      return true;
    });
    pool.close();
  });
}

test('as many workers work as are allowed, and no more than are needed', async () => {
  await withPool(2, async (pool) => {
    const pids = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run(['pid'])));
    assert.equal(new Set(pids.flat()).size, 2);
  });
  await withPool(4, async (pool) => {
    const pids = [await pool.run(['pid']), await pool.run(['pid'])];
    assert.equal(new Set(pids.flat()).size, 1);
  });
});

const NEEDS_PROC = process.platform !== 'linux' && 'it looks for workers in /proc';

/** The process of a worker that is started ahead. */
function startedAhead(): number {
  const before = childrenOf(process.pid);
  startAhead(WORKER);
  startAhead(WORKER);
  const started = childrenOf(process.pid).filter((pid) => !before.includes(pid));
  assert.equal(started.length, 1);
  return started[0];
}

test('a worker started ahead is the first of the next pool', { skip: NEEDS_PROC }, async () => {
  const started = startedAhead();
  await withPool(2, async (pool) => {
    const pids = (await Promise.all([1, 2].map(() => pool.run(['pid'])))).flat();
    assert.equal(new Set(pids).size, 2);
    assert.equal(pids[0], String(started));
  });
});

test('a worker started ahead that has ended is replaced', { skip: NEEDS_PROC }, async () => {
  process.kill(startedAhead(), 'SIGKILL');
  await sleep(500);
  assert.deepEqual(await withPool(1, (pool) => pool.run(['word'])), ['WORD']);
});

test('a worker that no pool takes keeps no process from ending, and ends with it', async () => {
  const script = `
    import { startAhead } from ${JSON.stringify(PROCESS)};
    startAhead(new URL(${JSON.stringify(WORKER.href)}));`;
  // The worker has the script's standard error too, so that closes when both have ended.
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const code = await new Promise((resolve) => parent.on('close', resolve));
  assert.equal(code, 0);
});

test('workers end with the process that started them, however it ends', async () => {
  const script = `
    import { WorkerPool } from ${JSON.stringify(POOL)};
    const pool = new WorkerPool(new URL(${JSON.stringify(WORKER.href)}), 1, {});
    console.log((await pool.run(['pid']))[0]);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [output] = await collect(parent.stdout.take(1) as AsyncIterable<Buffer>);
  const worker = Number(output.toString());
  process.kill(worker, 0);
  parent.kill('SIGKILL');
  const isAlive = () => {
    try {
      process.kill(worker, 0);
      return true;
    } catch {
      return false;
    }
  };
  for (let waited = 0; isAlive() && waited < 5000; waited += 50) await sleep(50);
  assert.ok(!isAlive(), `worker ${worker} still runs`);
});
