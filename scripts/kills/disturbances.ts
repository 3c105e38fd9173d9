/** What is done to runs, each with what is wrong afterwards; undefined where nothing was lost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCK_NAME } from '../../src/batch/lock.js';
import { packageFile } from '../../src/files/package.js';
import { facecls } from '../../test/support/cli.js';
import { differenceFrom, killAndGoOn, type Reference, type Run } from '../../test/support/kills.js';

type Disturbance = (
  run: Run,
  whole: Reference,
  random: () => number,
) => Promise<string | undefined>;

/** Seconds since a lock was renewed, after which it is nobody's. */
const LONG_AGO = 100;

export const DISTURBANCES: Readonly<Record<string, Disturbance>> = {
  'killed once': (run, whole, random) => killAndGoOn(run, whole, [random() * whole.duration]),

  'killed twice': (run, whole, random) =>
    killAndGoOn(run, whole, [random() * whole.duration, random() * whole.duration]),

  'two at once': async (run, whole, random) => {
    rmSync(run.out, { recursive: true, force: true });
    const first = start(run.args);
    await sleep(random() * whole.duration);
    const second = start([...run.args, random() < 0.5 ? run.resume : '--overwrite']);
    const codes = [await first.ended, await second.ended];
    // The second is refused while the first is at work, and otherwise does what it was told.
    if (codes[0] !== run.exitCode) return `the first ended with ${codes[0]}`;
    if (codes[1] !== 2 && codes[1] !== run.exitCode) return `the second ended with ${codes[1]}`;
    return differenceFrom(whole, run.out);
  },

  'input replaced': async (run, whole, random) => {
    rmSync(run.out, { recursive: true, force: true });
    await killed([...run.args, run.resume], random() * whole.duration);
    const names = readdirSync(run.input!, { recursive: true, encoding: 'utf8' });
    const images = names.filter((name) => /\.(png|jpg)$/.test(name));
    // Of the same content, but later: done again, with the same results.
    const name = images[Math.floor(random() * images.length)];
    const now = Date.now() / 1000;
    utimesSync(path.join(run.input!, name), now, now);
    const { code, stderr } = await facecls([...run.args, run.resume]);
    return code === run.exitCode ? differenceFrom(whole, run.out) : `exit code ${code}: ${stderr}`;
  },

  'lock of a dead host': async (run, whole, random) => {
    rmSync(run.out, { recursive: true, force: true });
    await killed([...run.args, run.resume], random() * whole.duration);
    const lock = path.join(run.out, LOCK_NAME);
    if (existsSync(run.out)) {
      const owner = { host: `not ${hostname()}`, processes: 'x', pid: 1, command: run.name };
      writeFileSync(lock, JSON.stringify({ ...owner, started: 'before', id: 'x' }));
      const refused = await facecls([...run.args, run.resume]);
      if (refused.code !== 2) return `a fresh lock was passed over: exit code ${refused.code}`;
      const time = Date.now() / 1000 - LONG_AGO;
      utimesSync(lock, time, time);
    }
    const { code, stderr } = await facecls([...run.args, run.resume]);
    return code === run.exitCode ? differenceFrom(whole, run.out) : `exit code ${code}: ${stderr}`;
  },

  'suspended run wakes': async (run, whole, random) => {
    rmSync(run.out, { recursive: true, force: true });
    const first = start(run.args);
    await sleep(random() * whole.duration);
    first.child.kill('SIGSTOP');
    const lock = path.join(run.out, LOCK_NAME);
    const isHeld = existsSync(lock);
    const time = Date.now() / 1000 - LONG_AGO;
    if (isHeld) utimesSync(lock, time, time);
    const { code, stderr } = await facecls([...run.args, '--overwrite']);
    first.child.kill('SIGCONT');
    const woken = await first.ended;
    if (code !== run.exitCode) return `exit code ${code}: ${stderr}`;
    // 1 where it was at work, 2 where it had not looked at the folder yet.
    if (isHeld && woken !== 1 && woken !== 2) return `the woken run ended with ${woken}`;
    return differenceFrom(whole, run.out);
  },
};

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    stdio: 'ignore',
  });
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

async function killed(args: readonly string[], delay: number): Promise<void> {
  const { child, ended } = start(args);
  await Promise.race([ended, sleep(delay)]);
  child.kill('SIGKILL');
  await ended;
}
