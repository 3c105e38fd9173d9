/** Runs that are killed and gone on with, compared with one that was not. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFile } from '../../src/files/package.js';
import { facecls } from './cli.js';

export interface Run {
  readonly name: string;
  /** Without the option that goes on with an earlier run. */
  readonly args: readonly string[];
  readonly resume: '--resume' | '--check_exists';
  /** The folder of the inputs, where the disturbance changes one. */
  readonly input?: string;
  /** The folder of the results: always the same, for its name stands in them. */
  readonly out: string;
  readonly exitCode: number;
}

export interface Reference {
  readonly content: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly duration: number;
}

/** What differs between runs by nature. */
const EXCEPTED = /^(run\.json|align\.json|[a-z]+_journal-\d+\.jsonl)$/;

/** The results of a run that nobody disturbs. */
export async function reference({ args, out, exitCode }: Run): Promise<Reference> {
  rmSync(out, { recursive: true, force: true });
  const start = performance.now();
  const { code, stderr } = await facecls(args);
  if (code !== exitCode) throw new Error(`exit code ${code}: ${stderr}`);
  return { content: contentOf(out), duration: performance.now() - start };
}

/**
 * Kills a run after each of the delays (milliseconds from its start) and lets the last one go to its end.
 *
 * @returns what is wrong; undefined where the results are those of the reference
 */
export async function killAndGoOn(
  { args, resume, out, exitCode }: Run,
  whole: Reference,
  delays: readonly number[],
): Promise<string | undefined> {
  rmSync(out, { recursive: true, force: true });
  for (const delay of delays) await killAfter([...args, resume], delay);
  const { code, stderr } = await facecls([...args, resume]);
  return code === exitCode ? differenceFrom(whole, out) : `exit code ${code}: ${stderr}`;
}

/** In what the results in a folder differ from the reference; undefined where they are equal. */
export function differenceFrom({ content }: Reference, out: string): string | undefined {
  const now = contentOf(out);
  for (const name of new Set([...content.keys(), ...now.keys()])) {
    if (content.get(name) !== now.get(name)) return `${name} differs`;
  }
  return undefined;
}

function killAfter(args: readonly string[], delay: number): Promise<void> {
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  void sleep(delay).then(() => child.kill('SIGKILL'));
  return ended;
}

/** Every file below a folder, by relative path, bytes as Latin-1. */
export function contentOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !EXCEPTED.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return new Map(
    files.map((file) => [path.relative(folder, file), readFileSync(file, 'latin1')] as const),
  );
}
