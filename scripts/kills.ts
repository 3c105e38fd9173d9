/**
 * `npm run kills [-- --count 50 --seed 1 --only NAME]`: disturbs runs of infer (of a folder, a tar and a rec),
 * align and run at random moments, and compares what they end with, byte by byte, with runs that nobody disturbed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../test/support/bytes.js';
import { type Reference, type Run, reference } from '../test/support/kills.js';
import { DISTURBANCES } from './kills/disturbances.js';
import { makeRuns } from './kills/runs.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const count = Number(values.count);
const next = seededRandom(Number(values.seed));

const work = mkdtempSync(path.join(tmpdir(), 'facecls-kills-'));
try {
  const faults = await disturbAll(await makeRuns(work));
  process.stdout.write(`${count} runs were disturbed, ${count - faults} lost nothing\n`);
  if (faults > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function disturbAll(runs: readonly Run[]): Promise<number> {
  const names = Object.keys(DISTURBANCES).filter((name) => (values.only ?? name) === name);
  if (names.length === 0) throw new Error(`--only: one of ${Object.keys(DISTURBANCES).join(', ')}`);
  const wholes = new Map<Run, Reference>();
  for (const run of runs) wholes.set(run, await reference(run));
  const faults = new Map<string, number>(names.map((name) => [name, 0]));
  for (let i = 0; i < count; i++) {
    const run = runs[i % runs.length];
    const drawn = names[Math.floor(i / runs.length) % names.length];
    // A run over a single archive that was changed is refused, which a test has.
    const name = run.input === undefined && drawn === 'input replaced' ? 'killed once' : drawn;
    const fault = await DISTURBANCES[name](run, wholes.get(run)!, next);
    if (fault !== undefined) faults.set(name, faults.get(name)! + 1);
    process.stdout.write(`${i + 1}. ${run.name}, ${name}: ${fault ?? 'nothing lost'}\n`);
  }
  return [...faults.values()].reduce((sum, each) => sum + each, 0);
}
