/** Two runs that want one folder of results. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCK_NAME } from '../../src/batch/lock.js';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';
import { contentOf } from '../support/kills.js';

const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const CROPS = 600;

before(() => {
  const source = fixture('align/crops/upstream');
  const names = readdirSync(source).sort();
  mkdirSync(crops);
  for (let i = 0; i < CROPS; i++) {
    copyFileSync(path.join(source, names[i % names.length]), path.join(crops, `${i}.png`));
  }
});

const argsOf = (out: string, batch = 16) => [
  ...['infer', '--input_dir', crops, '--output_dir', out, '--n_threads', '1'],
  ...['--ckpt', fixture('checkpoints/lightning.ckpt'), '--batch_size', `${batch}`],
];

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    stdio: 'ignore',
  });
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !isSo(); i++) await sleep(50);
  assert.ok(isSo());
}

test('a second run is refused while the first is at work, whatever it wants to do', async () => {
  const whole = path.join(folder, 'whole');
  assert.equal((await facecls(argsOf(whole))).code, 0);
  const out = path.join(folder, 'out');
  const first = start(argsOf(out));
  await until(() => existsSync(path.join(out, LOCK_NAME)));
  for (const option of ['--resume', '--overwrite']) {
    const { code, stderr } = await facecls([...argsOf(out), option]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /`facecls infer` \(process \d+ on .*is at work there; wait for it to end/);
  }
  assert.equal(await first.ended, 0);
  assert.deepEqual(contentOf(out), contentOf(whole));
  assert.equal(existsSync(path.join(out, LOCK_NAME)), false);
});

test('a suspended run that was taken over commits nothing when it wakes', async () => {
  const out = path.join(folder, 'suspended');
  const first = start(argsOf(out));
  const journal = path.join(out, 'infer_journal-1.jsonl');
  await until(() => existsSync(journal));
  first.child.kill('SIGSTOP');
  const time = Date.now() / 1000 - 100;
  utimesSync(path.join(out, LOCK_NAME), time, time);
  const { code, stderr } = await facecls([...argsOf(out, 8), '--overwrite']);
  assert.equal(code, 0, stderr);
  const content = contentOf(out);
  first.child.kill('SIGCONT');
  assert.equal(await first.ended, 1);
  assert.deepEqual(contentOf(out), content);
});
