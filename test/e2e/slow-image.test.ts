/** An image made to take minutes: it is given up in time, and no worker outlives the command because of it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../../scripts/processes.js';
import { packageFile } from '../../src/files/package.js';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';
import { manyScans } from '../support/many-scans.js';

const LINUX = { skip: existsSync('/proc/self/task') ? false : 'it looks for workers in /proc' };
const folder = temporaryFolder();
const images = path.join(folder, 'images');
const CROP = fixture('align/crops/upstream/sample1.jpg_0.png');

before(() => {
  mkdirSync(images);
  for (const name of ['a.png', 'c.png', 'd.png']) copyFileSync(CROP, path.join(images, name));
  writeFileSync(path.join(images, 'b.jpg'), manyScans(2048, 30_000));
});

test('an image that takes longer than --image_timeout fails alone, with that reason', async () => {
  const each = ['infer', 'run'].map(async (command) => {
    const out = path.join(folder, command);
    const folders = ['--input_dir', images, '--output_dir', out];
    const { code, stdout, stderr } = await facecls([
      ...[command, ...folders, '--json', '--image_timeout', '1'],
    ]);
    assert.equal(code, 3, stderr);
    const { counts } = JSON.parse(stdout);
    assert.deepEqual([counts.seen, counts.failed], [4, 1]);
    const failed = readFileSync(path.join(out, 'failed.txt'), 'utf8');
    assert.equal(failed, `${path.join(images, 'b.jpg')}\ttakes longer than --image_timeout 1\n`);
  });
  await Promise.all(each);
});

/** Workers of a run that decodes the slow image for ever. */
async function start(out: string): Promise<{ child: ChildProcess; workers: readonly number[] }> {
  const folders = ['--input_dir', images, '--output_dir', path.join(folder, out)];
  const model = ['--ckpt', TINY_CLASSIFIER];
  const args = ['infer', ...folders, '--n_threads', '1', '--image_timeout', '0', ...model];
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    stdio: 'ignore',
  });
  const workers = new Set<number>();
  const begun = performance.now();
  // It loads in 0.4 s of processor time; the others are decoded in no time.
  while (performance.now() - begun < 60_000 && ![...workers].some((pid) => busy(pid) > 1)) {
    await sleep(50);
    for (const pid of childrenOf(child.pid!)) workers.add(pid);
  }
  assert.ok(workers.size > 0);
  return { child, workers: [...workers] };
}

/** Seconds of processor time that a process has had; 0 where it has ended. */
function busy(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

async function stillThere(workers: readonly number[]): Promise<readonly number[]> {
  let left = workers;
  for (let waited = 0; left.length > 0 && waited < 5000; waited += 50) {
    await sleep(50);
    left = left.filter((pid) => existsSync(`/proc/${pid}`));
  }
  return left;
}

test('no worker outlives a command that is killed while one decodes', LINUX, async () => {
  const { child, workers } = await start('killed');
  child.kill('SIGKILL');
  assert.deepEqual(await stillThere(workers), []);
});

test('no worker outlives a second Ctrl-C while one decodes', LINUX, async () => {
  const { child, workers } = await start('twice');
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  await sleep(300);
  child.kill('SIGINT');
  assert.equal(await ended, 130);
  assert.deepEqual(await stillThere(workers), []);
});
