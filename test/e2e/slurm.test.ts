import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { packageFile } from '../../src/files/package.js';
import { isInShard } from '../../src/inputs/shard.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';
import { contentOf } from '../support/kills.js';
import { SlurmCluster, until, whyNoSlurm } from '../support/slurm-cluster.js';

const SHARDS = 8;
/**
 * Those that are cut off have work for seconds, so that there is time for it. The job number of the last to start
 * is the array's own.
 */
const CUT_OFF = [0, 1, SHARDS - 1];
const IMAGES_OF_CUT_OFF = 700;
const IMAGES_OF_OTHERS = 20;
/** Seconds until an array and its merge are through; some 30 on two cores. */
const PATIENCE = 150;

// Before the folder is removed.
after(async () => {
  if (!skip) await cluster.stop();
});
const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const photographs = path.join(folder, 'photographs');
const MODEL = ['--ckpt', fixture('checkpoints/lightning.ckpt')];

const missing = whyNoSlurm();
const started = missing ?? (await SlurmCluster.start(path.join(folder, 'slurm')).catch(reason));
const skip = typeof started === 'string' ? started : false;
const cluster = started as SlurmCluster;

function reason(error: Error): string {
  return `Slurm does not start here, see above: ${error.message}`;
}

before(async () => {
  if (skip) return;
  const names = readdirSync(fixture('align/crops/upstream')).sort();
  const wanted: number[] = Array.from({ length: SHARDS }, (_, index) =>
    CUT_OFF.includes(index) ? IMAGES_OF_CUT_OFF : IMAGES_OF_OTHERS,
  );
  mkdirSync(crops);
  for (let i = 0; wanted.some((count) => count > 0); i++) {
    const name = `${i}.png`;
    const index = wanted.findIndex((_, index) =>
      isInShard(Buffer.from(name), { index, count: SHARDS }),
    );
    if (wanted[index] === 0) continue;
    wanted[index] -= 1;
    const file = path.join(crops, name);
    // One in every other shard.
    if (index % 2 === 0 && wanted[index] === 10) writeFileSync(file, 'damaged');
    else copyFileSync(fixture(`align/crops/upstream/${names[i % names.length]}`), file);
  }
  mkdirSync(photographs);
  for (const number of [1, 2, 3]) {
    await sharp(path.join(samplePhotographs(), `sample${number}.jpg`))
      .resize(900)
      .toFile(path.join(photographs, `${number}.jpg`));
  }
  writeFileSync(path.join(photographs, 'damaged.jpg'), 'damaged');
});

interface Submitted {
  readonly array: string;
  readonly merge: string;
}

async function submit(shards: number, args: readonly string[]): Promise<Submitted> {
  const { stdout } = await cluster.run(
    'env',
    `FACECLS=${packageFile('bin/facecls.js')}`,
    packageFile('scripts/slurm/submit.sh'),
    ...[`${shards}`, '--cpus-per-task=1', '--', ...args],
  );
  const [, array, merge] = /array job (\d+): .*\nmerge job (\d+): /.exec(stdout)!;
  return { array, merge };
}

/** The results of an undisturbed run, which are removed. */
async function wholeRun(args: readonly string[], out: string): Promise<Map<string, string>> {
  const { code, stderr } = await facecls(args);
  assert.equal(code, 3, stderr);
  const content = contentOf(out);
  rmSync(out, { recursive: true });
  return content;
}

function assertMerged(out: string, expected: ReadonlyMap<string, string>): void {
  const content = contentOf(out);
  const names = [...content.keys()].filter((name) => !name.startsWith('shard-'));
  assert.deepEqual(names.sort(), [...expected.keys()].sort());
  for (const [name, bytes] of expected) assert.ok(content.get(name) === bytes, `${name} differs`);
}

async function assertState(job: string, state: string): Promise<void> {
  for (const { JobState } of await cluster.show(job)) assert.equal(JobState, state);
}

/** A test whose failure tells what Slurm says. */
function slurmTest(name: string, body: () => Promise<void>): void {
  test(name, { skip }, async () => {
    try {
      await body();
    } catch (error) {
      (error as Error).message += `\n${await cluster.logs()}`;
      throw error;
    }
  });
}

/** One folder for all shards of infer. */
const out = path.join(folder, 'infer');
const shardOut = (index: number) => path.join(out, `shard-${index}-of-${SHARDS}`);

/** Inputs that the journals of the shard name as finished. */
function finishedIn(index: number): number {
  if (!existsSync(shardOut(index))) return 0;
  const journals = readdirSync(shardOut(index)).filter((name) => name.startsWith('infer_journal-'));
  const lines = journals.flatMap((name) =>
    readFileSync(path.join(shardOut(index), name), 'utf8')
      .split('\n')
      .slice(1, -1),
  );
  return lines.length;
}

/** The first of the tasks that does more than it had done. */
async function firstAtWork(...indices: number[]): Promise<number> {
  const before = new Map(indices.map((index) => [index, finishedIn(index)]));
  let first: number | undefined;
  const find = () => indices.find((index) => finishedIn(index) > before.get(index)!);
  await until(
    `one of shards ${indices} is at work`,
    () => {
      first = find();
      return first !== undefined;
    },
    PATIENCE,
  );
  return first!;
}

slurmTest(
  'an array whose tasks are killed, told of the time limit and requeued gives the bytes of a whole run',
  async () => {
    const args = [
      ...['infer', '--input_dir', crops, '--output_dir', out, '--format', 'csv,jsonl'],
      ...MODEL,
    ];
    const expected = await wholeRun(args, out);

    const { array, merge } = await submit(SHARDS, args);
    const killed = await firstAtWork(...CUT_OFF);
    await cluster.crashNode();
    assert.ok(finishedIn(killed) < IMAGES_OF_CUT_OFF);
    assert.ok(!existsSync(path.join(shardOut(killed), 'run.json')));
    const [requeued, limited] = CUT_OFF.filter((index) => index !== killed);
    await Promise.all([
      firstAtWork(limited).then(() =>
        cluster.run('scancel', '--batch', '--signal=USR1', `${array}_${limited}`),
      ),
      firstAtWork(requeued).then(() => cluster.run('scontrol', 'requeue', `${array}_${requeued}`)),
    ]);
    await until('the merge is over', () => cluster.isOver(merge), PATIENCE);

    await assertState(array, 'COMPLETED');
    await assertState(merge, 'COMPLETED');
    assertMerged(out, expected);
    const restarts = new Map(
      (await cluster.show(array)).map((task) => [Number(task.ArrayTaskId), Number(task.Restarts)]),
    );
    // It starts after the crash, and what is done to the others is none of its business.
    assert.equal(restarts.get(SHARDS - 2), 0);
    for (const index of CUT_OFF) {
      assert.ok(restarts.get(index)! >= 1, `shard ${index}`);
      const { counts } = JSON.parse(readFileSync(path.join(shardOut(index), 'run.json'), 'utf8'));
      assert.ok(counts.finished_before > 0, `shard ${index}`);
      assert.equal(counts.seen, IMAGES_OF_CUT_OFF);
    }
    const log = (name: string) =>
      readFileSync(path.join(cluster.jobs, `slurm-${name}.out`), 'utf8');
    assert.match(log(`${array}_${limited}`), /time limit is near: requeueing/);
    assert.doesNotMatch(log(`${array}_${requeued}`), /time limit/);
    assert.match(log(`${array}_4`), /could not be used.*for Slurm the job has succeeded/);
    assert.match(log(merge), /8 shards of infer/);
  },
);

slurmTest('run and align as arrays give the bytes of whole runs', async () => {
  const commands = [
    ['run', '--input_dir', photographs, '--output_dir', path.join(folder, 'run'), ...MODEL],
    ['align', '--in_dir', photographs, `--out-dir=${path.join(folder, 'align')}`],
  ].map((args) => [...args, '--min_face_size', '60']);
  const expected = [];
  for (const args of commands) expected.push(await wholeRun(args, path.join(folder, args[0])));
  const submitted = [];
  for (const args of commands) submitted.push(await submit(2, args));
  for (const [i, { merge }] of submitted.entries()) {
    await until('the merge is over', () => cluster.isOver(merge), PATIENCE);
    assertMerged(path.join(folder, commands[i][0]), expected[i]);
  }
});

slurmTest('what is cancelled does not come back, and what fails is not merged', async () => {
  const out = path.join(folder, 'cancelled');
  const infer = ['infer', '--input_dir', crops, '--output_dir'];
  const cancelled = await submit(1, [...infer, out, ...MODEL]);
  const failing = await submit(2, [...infer, path.join(folder, 'failed'), '--ckpt', crops]);
  const journal = path.join(out, 'shard-0-of-1', 'infer_journal-1.jsonl');
  await until('the task is at work', () => existsSync(journal), PATIENCE);
  await cluster.run('scancel', `${cancelled.array}_0`);
  for (const { array, merge } of [cancelled, failing]) {
    await until('both jobs are over', () => cluster.isOver(merge), PATIENCE);
    await until('both jobs are over', () => cluster.isOver(array), PATIENCE);
    await assertState(merge, 'CANCELLED');
  }
  await assertState(cancelled.array, 'CANCELLED');
  await assertState(failing.array, 'FAILED');
  assert.ok(!existsSync(path.join(out, 'run.json')));
});
