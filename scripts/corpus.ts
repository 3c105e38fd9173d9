/**
 * `npm run corpus -- OUT_FOLDER [--cli FILE] [--model FILE]`: takes a corpus of photographs, crops, lists,
 * checkpoints and odd files through every command of a build, and records what comes out, a text file a run.
 *
 * `npm run corpus -- --compare A B [--records_aside]`: tells which runs of two recordings differ, and where.
 *
 * A build that is meant to behave as another has the same recording, times, rates, dates and versions aside.
 * What results were made with (`made_with` of run records and journals) is in files of its own, which
 * `--records_aside` leaves out. The bundled classifier is run once, and only the names of its files are recorded.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageFile } from '../src/files/package.js';
import { compare, MADE_WITH_SUFFIX } from './corpus/compare.js';
import { execute } from './corpus/execute.js';
import { faceRuns } from './corpus/face-runs.js';
import { makeInputs } from './corpus/inputs.js';
import { otherRuns } from './corpus/other-runs.js';
import { type Replaced, record } from './corpus/record.js';
import type { Run } from './corpus/run.js';

/** Where the classifier lies in the corpus, whatever it is: its own name would be recorded. */
const MODEL = 'models/classifier.onnx';
/** A checkpoint of random weights, converted by the build itself unless a network is given. */
const CHECKPOINT = 'models/torchvision_state_dict.pth';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cli: { type: 'string', default: packageFile('bin/facecls.js') },
    model: { type: 'string' },
    compare: { type: 'boolean', default: false },
    records_aside: { type: 'boolean', default: false },
  },
});

if (values.compare) {
  const [before, now] = wanted(2, '--compare A B: give the folders of two recordings');
  const { runs, differences } = compare(before, now, !values.records_aside);
  for (const difference of differences) process.stdout.write(`${difference}\n`);
  process.stdout.write(`${runs} runs, ${differences.length} records differ\n`);
  if (differences.length > 0) process.exitCode = 1;
} else {
  const [out] = wanted(1, 'give the folder for the recording');
  await recordAll(path.resolve(out), realpathSync(values.cli));
}

function wanted(count: number, problem: string): string[] {
  if (positionals.length === count) return positionals;
  process.stderr.write(`corpus: ${problem}\n`);
  process.exit(2);
}

async function recordAll(out: string, cli: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  if (readdirSync(out).length > 0) {
    process.stderr.write(`corpus: ${out}: is not empty. Remove it, or give another folder.\n`);
    process.exit(2);
  }
  const model = values.model === undefined ? undefined : path.resolve(values.model);
  const start = performance.now();
  // Of a name of its own, so that two recordings may be made at once; in the records it is replaced.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'facecls-corpus-')));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(1);
    });
  }
  try {
    process.chdir(folder);
    await makeInputs();
    prepareModel(cli, model);
    const replaced = describe(folder, cli);
    const runs = [...faceRuns(MODEL), ...otherRuns(MODEL)];
    for (const run of runs) await recordRun(run, cli, replaced, out);
    if (existsSync('FACECLS_WAS_EXECUTED')) throw new Error('code of a checkpoint was executed');
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    process.stdout.write(`${runs.length} runs of ${cli} recorded in ${out}, ${seconds} s\n`);
  } finally {
    process.chdir(tmpdir());
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepareModel(cli: string, model: string | undefined): void {
  if (model !== undefined) {
    copyFileSync(model, MODEL);
    return;
  }
  const args = [cli, 'convert', '--ckpt', CHECKPOINT, '--out', MODEL];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${cli} cannot convert ${CHECKPOINT}: ${stderr}`);
}

function describe(folder: string, cli: string): Replaced {
  const packageFolder = path.dirname(path.dirname(cli));
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  return { folder, packageFolder, version };
}

async function recordRun(run: Run, cli: string, replaced: Replaced, out: string): Promise<void> {
  const file = path.join(out, run.name);
  if (existsSync(`${file}.txt`)) throw new Error(`${run.name}: two runs have this name`);
  run.before?.();
  const { text, madeWith } = record(run, await execute(cli, run), replaced);
  writeFileSync(`${file}.txt`, text);
  if (madeWith !== '') writeFileSync(`${file}${MADE_WITH_SUFFIX}`, madeWith);
}
