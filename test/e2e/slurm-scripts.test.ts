/** The scripts for Slurm without Slurm: what they hand on. test/e2e/slurm.test.ts runs them in a cluster. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { packageFile } from '../../src/files/package.js';
import { temporaryFolder } from '../support/cli.js';

const execute = promisify(execFile);
const folder = temporaryFolder();
const skip = process.platform === 'win32' ? 'needs bash' : false;

before(() => {
  // Each argument on a line, to the terminal of whoever submits; then what sbatch answers.
  const program = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  program('sbatch', `printf '<%s>' "$@" >&2; echo >&2; echo 7`);
  program('facecls', `printf '<%s>' "$@"`);
});

function script(name: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const env = { PATH: `${folder}:${process.env.PATH}`, ...variables };
  return execute(packageFile(`scripts/slurm/${name}`), args, { env, cwd: folder });
}

const INFER = ['infer', '--input_dir', 'in', '--output_dir', 'out'];

test('submit.sh gives every task the number of shards, not only the array', { skip }, async () => {
  const { stdout, stderr } = await script('submit.sh', ['64%8', '--time=1', '--', ...INFER]);
  const [array, merge] = stderr.split('\n');
  assert.match(array, /<--array=0-63%8>.*<infer>.*<--shard><slurm\/64>$/);
  assert.doesNotMatch(merge, /shard/);
  assert.match(stdout, /64 shards .*slurm\/64.*out\/shard-\*-of-64/);
});

test('submit.sh refuses a folder that holds shards of another number', { skip }, async () => {
  mkdirSync(path.join(folder, 'held/shard-1-of-3'), { recursive: true });
  const args = ['2', '--', 'infer', '--input_dir', 'in', '--output_dir', 'held'];
  await assert.rejects(script('submit.sh', args), /of 3 shards, not of 2/);
});

test('facecls.sbatch lets a --shard slurm/N of the user win', { skip }, async () => {
  const task = { SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_JOB_ID: '7' };
  const again = await script('facecls.sbatch', [...INFER, '--shard', 'slurm/16'], task);
  assert.match(again.stdout, /^<infer><--shard><slurm>.*<--shard><slurm\/16>$/);
});
