/**
 * `npm run kills [-- --count 50 --seed 1]`: kills runs of infer, align and run at random moments, once or twice
 * each, goes on with them, and compares the results byte by byte with those of a run that nobody killed.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { seededRandom } from '../test/support/bytes.js';
import { fixture, samplePhotographs } from '../test/support/fixture.js';
import { killAndGoOn, type Reference, type Run, reference } from '../test/support/kills.js';

const CROPS = 600;
const PHOTOGRAPHS = 16;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const count = Number(values.count);
const next = seededRandom(Number(values.seed));

const work = mkdtempSync(path.join(tmpdir(), 'facecls-kills-'));
try {
  const differing = await killAll(await makeRuns());
  process.stdout.write(`${count} runs were killed, ${count - differing} have equal results\n`);
  if (differing > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function killAll(runs: readonly Run[]): Promise<number> {
  const wholes = new Map<Run, Reference>();
  for (const run of runs) wholes.set(run, await reference(run));
  let differing = 0;
  for (let i = 0; i < count; i++) {
    const run = runs[i % runs.length];
    const whole = wholes.get(run)!;
    const delays = Array.from({ length: i % 2 === 0 ? 1 : 2 }, () => next() * whole.duration);
    const fault = await killAndGoOn(run, whole, delays);
    if (fault !== undefined) differing += 1;
    const moments = delays.map((delay) => `${(delay / 1000).toFixed(2)} s`).join(' and ');
    process.stdout.write(`${i + 1}. ${run.name} killed after ${moments}: ${fault ?? 'equal'}\n`);
  }
  return differing;
}

async function makeRuns(): Promise<Run[]> {
  const crops = path.join(work, 'crops');
  const photographs = path.join(work, 'photographs');
  const source = fixture('align/crops/upstream');
  const names = readdirSync(source).sort();
  for (let i = 0; i < CROPS; i++) {
    const file = path.join(crops, String(i % 9), `${i}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    if (i % 100 === 50) writeFileSync(file, 'damaged');
    else copyFileSync(path.join(source, names[i % names.length]), file);
  }
  mkdirSync(photographs);
  for (let i = 0; i < PHOTOGRAPHS; i++) {
    const sample = path.join(samplePhotographs(), `sample${(i % 6) + 1}.jpg`);
    await sharp(sample)
      .resize(1000)
      .jpeg()
      .toFile(path.join(photographs, `${i}.jpg`));
  }
  writeFileSync(path.join(photographs, 'damaged.jpg'), 'damaged');
  const out = (name: string) => path.join(work, name);
  return [
    {
      name: 'infer',
      args: ['infer', '--input_dir', crops, '--output_dir', out('infer'), '--format', 'csv,jsonl'],
      resume: '--resume',
      out: out('infer'),
      exitCode: 3,
    },
    {
      name: 'align',
      args: ['align', '--in_dir', photographs, '--out_dir', out('align'), '--min_face_size', '60'],
      resume: '--check_exists',
      out: out('align'),
      exitCode: 3,
    },
    {
      name: 'run',
      args: [
        ...['run', '--input_dir', photographs, '--output_dir', out('run'), '--save_crops'],
        ...['--format', 'csv', '--min_face_size', '60'],
      ],
      resume: '--resume',
      out: out('run'),
      exitCode: 3,
    },
  ];
}
