import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FolderLock, heldBy, LOCK_NAME } from '../../../src/batch/lock.js';
import { UserError } from '../../../src/files/errors.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

function newFolder(): string {
  const folder = path.join(scratch, String(++made));
  mkdirSync(folder);
  return folder;
}

const acquire = (folder: string) => FolderLock.acquire('--output_dir', folder, 'infer');
const lockOf = (folder: string) => path.join(folder, LOCK_NAME);

/** Puts a lock there as another run would, last renewed so many seconds ago. */
async function putLock(folder: string, changes: object, secondsAgo: number): Promise<void> {
  rmSync(lockOf(folder), { force: true });
  const lock = await acquire(folder);
  const owner = JSON.parse(readFileSync(lockOf(folder), 'utf8'));
  await lock.release();
  writeFileSync(lockOf(folder), JSON.stringify({ ...owner, id: 'other', ...changes }));
  const time = Date.now() / 1000 - secondsAgo;
  utimesSync(lockOf(folder), time, time);
}

async function refusal(folder: string): Promise<string> {
  const error = await acquire(folder).then(
    () => assert.fail('the lock was taken'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof UserError);
  assert.equal(error.exitCode, 2);
  return error.message;
}

function deadPid(): number {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  return pid;
}

test('a second run is refused and told of the first, and may begin when that has ended', async () => {
  const folder = newFolder();
  const first = await acquire(folder);
  assert.match(await refusal(folder), new RegExp(`facecls infer.*process ${process.pid} on `));
  assert.match((await heldBy(folder)) ?? '', /is at work there/);
  await first.release();
  assert.equal(await heldBy(folder), undefined);
  const second = await acquire(folder);
  await second.verify();
  await second.release();
  assert.deepEqual(readdirSync(folder), []);
});

test('a lock whose process is gone is taken at once, on this host alone', async () => {
  const folder = newFolder();
  await putLock(folder, { pid: deadPid() }, 1);
  await (await acquire(folder)).release();
  await putLock(folder, { pid: deadPid(), host: 'elsewhere' }, 1);
  assert.match(await refusal(folder), /on elsewhere/);
  await putLock(folder, { pid: deadPid(), processes: 'another container' }, 1);
  await refusal(folder);
});

test('a lock whose process has ended and is not reaped is taken at once', async (t) => {
  if (process.platform !== 'linux') return t.skip('zombies are told apart on Linux alone');
  const folder = newFolder();
  // The name of a script becomes that of its process, which /proc/PID/stat has in brackets.
  const script = path.join(folder, 'a) R (b c');
  writeFileSync(script, '#!/bin/sh\nread line\n', { mode: 0o755 });
  // sleep takes the place of the shell, and knows nothing of the child.
  const parent = spawn('sh', ['-c', 'exec 3<&0; "$0" <&3 & echo $!; exec sleep 60', script]);
  try {
    const [text] = await once(parent.stdout, 'data');
    const pid = Number(text);
    await putLock(folder, { pid }, 1);
    assert.match(await refusal(folder), new RegExp(`process ${pid} `));
    parent.stdin.end();
    while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) await setTimeout(10);
    await putLock(folder, { pid }, 1);
    assert.equal(await heldBy(folder), undefined);
    await (await acquire(folder)).release();
  } finally {
    parent.kill('SIGKILL');
  }
});

test('a lock that nobody renewed for a minute is taken, whoever had it', async () => {
  const folder = newFolder();
  await putLock(folder, { host: 'elsewhere' }, 50);
  await refusal(folder);
  await putLock(folder, { host: 'elsewhere' }, 70);
  const lock = await acquire(folder);
  await lock.verify();
  await lock.release();
});

test('a lock without an owner is judged by its time', async () => {
  const folder = newFolder();
  for (const text of ['', '{', '{"pid":-1}', 'x'.repeat(1000)]) {
    writeFileSync(lockOf(folder), text);
    assert.match(await refusal(folder), /another run holds/);
    const time = Date.now() / 1000 - 100;
    utimesSync(lockOf(folder), time, time);
    await (await acquire(folder)).release();
  }
});

test('a run whose lock was taken over commits nothing and leaves the lock of the other', async () => {
  const folder = newFolder();
  const suspended = await acquire(folder);
  const time = Date.now() / 1000 - 100;
  utimesSync(lockOf(folder), time, time);
  const other = await acquire(folder);
  await assert.rejects(suspended.verify(), (error: UserError) => {
    assert.equal(error.exitCode, 1);
    assert.match(error.message, /another run took over this folder/);
    return true;
  });
  await suspended.release();
  assert.ok(existsSync(lockOf(folder)));
  await other.verify();
  await other.release();
  const lost = await acquire(folder);
  writeFileSync(lockOf(folder), '');
  await assert.rejects(lost.verify(), /another run took over/);
  await lost.release();
});

test('values of a foreign lock do not reach the terminal raw', async () => {
  const folder = newFolder();
  await putLock(folder, { host: 'a\u001b[31m\u202eb', command: 'x\ny' }, 1);
  const message = await refusal(folder);
  assert.doesNotMatch(message, /[\p{Cc}\u202e]/u);
  assert.match(message, /a\\u001b\[31m\\u202eb/);
});
