/**
 * `npm run bench [-- --crops N --photographs N --runs N --json]`: how fast the commands are, against what limits
 * them. Makes its corpus from the six sample photographs of @vladmandic/face-api, warms up, and measures each
 * thing in every round, so that a machine that changes its speed changes all of them: the ratios are of medians.
 *
 * decode   sharp decoding the photographs with all cores, and nothing else
 * session  the classifier's network on ready tensors in one process, at its best threads and batch size
 * infer, align, run   the commands
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { packageFile } from '../src/files/package.js';
import { usableCores } from '../src/runtime/cores.js';
import { createSession } from '../src/runtime/onnxruntime.js';
import { samplePhotographs } from '../test/support/fixture.js';
import { childrenOf, memoryOf } from './processes.js';

const CROP_SIDE = 112;
/** Longer side of the photographs: about two megapixels. */
const PHOTOGRAPH_SIDE = 1800;

const { values } = parseArgs({
  options: {
    crops: { type: 'string', default: '2000' },
    photographs: { type: 'string', default: '60' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const cropCount = Number(values.crops);
const photographCount = Number(values.photographs);
const runs = Number(values.runs);
const cores = usableCores();

const work = mkdtempSync(path.join(tmpdir(), 'facecls-bench-'));
const crops = path.join(work, 'crops');
const photographs = path.join(work, 'photographs');

/** Images a second, and the peak memory of the process and its workers together, bytes. */
interface Measurement {
  readonly rate: number;
  readonly memory?: number | undefined;
}

async function makeCorpus(): Promise<void> {
  mkdirSync(crops);
  mkdirSync(photographs);
  for (let i = 0; i < photographCount; i++) {
    await sharp(path.join(samplePhotographs(), `sample${(i % 6) + 1}.jpg`))
      .resize(PHOTOGRAPH_SIDE - (i % 7))
      .jpeg({ quality: 90 })
      .toFile(path.join(photographs, `${i}.jpg`));
  }
  const aligned = path.join(work, 'aligned');
  await command(['align', '--in_dir', photographs, '--out_dir', aligned], 1);
  const faces = readdirSync(aligned).filter((name) => name.endsWith('.jpg'));
  const contents = faces.map((name) => readFileSync(path.join(aligned, name)));
  for (let i = 0; i < cropCount; i++) {
    await writeFile(path.join(crops, `${i}.jpg`), contents[i % contents.length]);
  }
}

/** Runs the command line; `images` is what the rate counts. */
async function command(args: readonly string[], images: number): Promise<Measurement> {
  const start = performance.now();
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args, '--quiet'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const peaks = new Map<number, number>();
  const watch = setInterval(() => notePeaks(child.pid, peaks), 50);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`facecls ${args.join(' ')}: exit code ${code}`);
  const memory = [...peaks.values()].reduce((sum, peak) => sum + peak, 0);
  return {
    rate: (images * 1000) / (performance.now() - start),
    memory: memory > 0 ? memory : undefined,
  };
}

/** Notes the peak resident memory of a process and its children; Linux only. */
function notePeaks(pid: number | undefined, peaks: Map<number, number>): void {
  if (pid === undefined) return;
  try {
    peaks.set(pid, Math.max(peaks.get(pid) ?? 0, memoryOf(pid, 'VmHWM')));
    for (const child of childrenOf(pid)) notePeaks(child, peaks);
  } catch {
    // It has ended, or this is not Linux.
  }
}

async function decodeAll(): Promise<Measurement> {
  const files = readdirSync(photographs).map((name) => path.join(photographs, name));
  const start = performance.now();
  let next = 0;
  const decode = async () => {
    while (next < files.length) {
      await sharp(files[next++], { ignoreIcc: true }).removeAlpha().raw().toBuffer();
    }
  };
  await Promise.all(Array.from({ length: 2 * cores }, decode));
  return { rate: (files.length * 1000) / (performance.now() - start) };
}

async function sessionLoop(threads: number, batch: number, count: number): Promise<number> {
  const file = packageFile('pretrained_models/resnet18-fairface.onnx');
  const session = await createSession(readFileSync(file), file, { threads });
  const dims = [batch, 3, CROP_SIDE, CROP_SIDE];
  const data = Float32Array.from(
    { length: batch * 3 * CROP_SIDE ** 2 },
    () => Math.random() * 2 - 1,
  );
  const once = () => session.run({ input: { data, dims } });
  await once();
  const repeats = Math.max(1, Math.floor(count / batch));
  const start = performance.now();
  for (let i = 0; i < repeats; i++) await once();
  const rate = (repeats * batch * 1000) / (performance.now() - start);
  await session.release();
  return rate;
}

async function bestSession(): Promise<{ threads: number; batch: number }> {
  let best = { threads: cores, batch: 16, rate: 0 };
  for (const threads of new Set([1, Math.ceil(cores / 2), cores])) {
    for (const batch of [1, 8, 16, 32]) {
      const rate = await sessionLoop(threads, batch, 600);
      if (rate > best.rate) best = { threads, batch, rate };
    }
  }
  return best;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

async function measureAll() {
  await makeCorpus();
  const { threads, batch } = await bestSession();
  // New for each run: replacing a file by another takes longer than making one.
  const out = (name: string) => {
    rmSync(path.join(work, name), { recursive: true, force: true });
    return path.join(work, name);
  };
  const things: Record<string, () => Promise<Measurement>> = {
    decode: decodeAll,
    session: async () => ({ rate: await sessionLoop(threads, batch, cropCount / 2) }),
    infer: () =>
      command(['infer', '--input_dir', crops, '--output_dir', out('out-infer')], cropCount),
    align: () =>
      command(['align', '--in_dir', photographs, '--out_dir', out('out-align')], photographCount),
    run: () =>
      command(['run', '--input_dir', photographs, '--output_dir', out('out-run')], photographCount),
  };
  const measured: Record<string, Measurement[]> = {};
  for (let round = -1; round < runs; round++) {
    for (const [name, measure] of Object.entries(things)) {
      const measurement = await measure();
      // The first round warms up.
      if (round >= 0) measured[name] = [...(measured[name] ?? []), measurement];
    }
  }
  const rates = Object.fromEntries(
    Object.entries(measured).map(([name, all]) => [name, median(all.map(({ rate }) => rate))]),
  );
  const memory = Object.fromEntries(
    Object.entries(measured).flatMap(([name, all]) => {
      const peaks = all.flatMap(({ memory }) => memory ?? []);
      return peaks.length > 0 ? [[name, Math.max(...peaks)]] : [];
    }),
  );
  const faces = readdirSync(path.join(work, 'aligned')).length - 1;
  // In photographs a second, a run can be no faster than align, nor than infer on its faces.
  const inferPhotographs = (rates.infer * photographCount) / faces;
  return {
    machine: { processor: cpus()[0]?.model, cores, node: process.version },
    corpus: { crops: cropCount, photographs: photographCount, faces, runs },
    session: { threads, batch },
    rates,
    memory,
    ratios: {
      'infer / session': rates.infer / rates.session,
      'align / decode': rates.align / rates.decode,
      'run / slower half': rates.run / Math.min(rates.align, inferPhotographs),
    },
  };
}

type Results = Awaited<ReturnType<typeof measureAll>>;

function print({ machine, corpus, session, rates, memory, ratios }: Results): void {
  const { processor, node } = machine;
  const lines = [
    `${processor}, ${machine.cores} cores, Node ${node}; medians of ${corpus.runs} rounds`,
    `${corpus.crops} crops, ${corpus.photographs} photographs with ${corpus.faces} faces`,
    '',
    '           images/s   peak memory, all processes',
  ];
  for (const [name, rate] of Object.entries(rates)) {
    const peak = memory[name] === undefined ? '' : `${Math.round(memory[name] / 1e6)} MB`;
    lines.push(`${name.padEnd(9)}${rate.toFixed(1).padStart(10)}${peak.padStart(14)}`);
  }
  lines.push(`(session: ${session.threads} threads, batch ${session.batch})`, '');
  for (const [name, ratio] of Object.entries(ratios)) {
    lines.push(`${name.padEnd(18)} ${ratio.toFixed(2)}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

try {
  const results = await measureAll();
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else print(results);
} finally {
  rmSync(work, { recursive: true, force: true });
}
