/**
 * `npm run soak [-- --crops 100000]`: one long run of infer, watched. Its memory (of all its processes) and its
 * open files must not grow, and every crop must have its line. The crops are hard links of a few.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { packageFile } from '../src/files/package.js';
import { fixture } from '../test/support/fixture.js';
import { childrenOf, memoryOf } from './processes.js';

const A_FOLDER = 1000;
const WATCH_INTERVAL = 2000;
/** Of the run, until when processes start and memory fills; what is compared comes after. */
const WARM_UP = 0.1;
const MOST_GROWTH = 1.2;

const { values } = parseArgs({ options: { crops: { type: 'string', default: '100000' } } });
const count = Number(values.crops);
const work = mkdtempSync(path.join(tmpdir(), 'facecls-soak-'));

interface Sample {
  readonly seconds: number;
  /** Resident, of all processes, bytes; pages they share count for each. */
  readonly memory: number;
  readonly files: number;
}

try {
  const crops = path.join(work, 'crops');
  await makeCrops(crops);
  const out = path.join(work, 'out');
  const samples = await watch(['infer', '--input_dir', crops, '--output_dir', out]);
  const lines =
    readFileSync(path.join(out, 'pred_ethnicities.txt'), 'latin1').split('\n').length - 1;
  const { counts, seconds, images_per_second } = JSON.parse(
    readFileSync(path.join(out, 'run.json'), 'utf8'),
  );
  const later = samples.slice(Math.ceil(samples.length * WARM_UP));
  const early = later.slice(0, Math.ceil(later.length / 4));
  const late = later.slice(-Math.ceil(later.length / 4));
  const peak = (part: readonly Sample[], of: 'memory' | 'files') =>
    Math.max(...part.map((sample) => sample[of]));
  process.stdout.write(
    [
      `${count} crops, ${lines} lines, ${counts.failed} failed, ${seconds} s, ${images_per_second}/s`,
      `memory: at most ${megabytes(peak(early, 'memory'))} in the first quarter after the start, ${megabytes(peak(late, 'memory'))} in the last`,
      `open files: at most ${peak(early, 'files')} and ${peak(late, 'files')}`,
      '',
    ].join('\n'),
  );
  const isSteady =
    peak(late, 'memory') <= MOST_GROWTH * peak(early, 'memory') &&
    peak(late, 'files') <= peak(early, 'files');
  if (lines !== count || !isSteady) {
    process.stderr.write('soak: not every crop has its line, or something grew\n');
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function makeCrops(folder: string): Promise<void> {
  const source = fixture('align/crops/upstream');
  const originals: string[] = [];
  for (const name of readdirSync(source).sort()) {
    const file = path.join(work, `${name}.jpg`);
    await sharp(path.join(source, name)).jpeg({ quality: 95 }).toFile(file);
    originals.push(file);
  }
  // A file system allows some ten thousand links to a file.
  const LINKS = 20_000;
  for (let i = 0; i < count; i++) {
    const original = originals[i % originals.length];
    const subfolder = path.join(folder, String(Math.floor(i / A_FOLDER)));
    if (i % A_FOLDER === 0) mkdirSync(subfolder, { recursive: true });
    const file = path.join(subfolder, `${i}.jpg`);
    if (Math.floor(i / originals.length) < LINKS) linkSync(original, file);
    else copyFileSync(original, file);
  }
}

function watch(args: readonly string[]): Promise<Sample[]> {
  const start = performance.now();
  const samples: Sample[] = [];
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const timer = setInterval(() => {
    const seconds = (performance.now() - start) / 1000;
    samples.push({ seconds, ...usage(child.pid!) });
  }, WATCH_INTERVAL);
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => {
      clearInterval(timer);
      if (code === 0) resolve(samples);
      else reject(new Error(`exit code ${code}`));
    });
  });
}

/** Of a process and its children, from /proc. */
function usage(pid: number): { memory: number; files: number } {
  let [memory, files] = [0, 0];
  for (const id of [pid, ...childrenOf(pid)]) {
    try {
      memory += memoryOf(id, 'VmRSS');
      files += readdirSync(`/proc/${id}/fd`).length;
    } catch {
      // Ended meanwhile.
    }
  }
  return { memory, files };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
