/** Runs of a built command line in the folder of the corpus. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run, Stop } from './run.js';

/** Milliseconds; a run takes two or three seconds. */
const LIMIT = 120_000;
const POLL = 2;

export interface Finished {
  /** The exit code, or the signal that ended it. */
  readonly end: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param cli the script of the command line */
export async function execute(cli: string, { args, input, env, stop }: Run): Promise<Finished> {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...environment(), ...env },
    // Workers are in the group: all are killed at once.
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  // A run that refuses its options does not read.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const limit = setTimeout(() => signalGroup(child, 'SIGKILL'), LIMIT);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  if (stop) await stopWhenReached(child, stop);
  const end = await ended;
  clearTimeout(limit);
  if (stop && end === 'SIGKILL') cutJournal(stop);
  return { end, stdout, stderr };
}

/** Without what changes the output from one shell to another. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SLURM_.*|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|NODE_.*|TERM)$/.test(name),
  );
  return Object.fromEntries(kept);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  process.kill(-child.pid, signal);
}

async function stopWhenReached(child: ChildProcess, { signal, journal, inputs }: Stop) {
  // The header is a line as well.
  while (linesOf(journal).length < inputs + 1) {
    // Its exit code tells that it came too early for the signal.
    if (child.exitCode !== null) return;
    await sleep(POLL);
  }
  if (signal === 'SIGKILL') signalGroup(child, signal);
  else child.kill(signal);
}

/** The whole lines. */
function linesOf(journal: string): string[] {
  return existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : [];
}

function cutJournal({ journal, inputs }: Stop): void {
  const lines = linesOf(journal);
  const torn = lines[inputs + 1] ?? lines[inputs];
  const kept = lines.slice(0, inputs + 1).map((line) => `${line}\n`);
  writeFileSync(journal, kept.join('') + torn.slice(0, torn.length / 2));
}
