import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const CROPS = fixture('align/crops/upstream');
const MODEL = ['--ckpt', TINY_CLASSIFIER, '--n_threads', '1'];

/** Runs in a folder that is removed before the command begins. */
function faceclsInNoFolder(args: readonly string[], input = '') {
  const cwd = path.join(folder, 'gone');
  mkdirSync(cwd);
  const script = 'rmdir "$PWD" && exec "$0" "$@"';
  const command = [process.execPath, packageFile('bin/facecls.js'), ...args];
  return spawnSync('sh', ['-c', script, ...command], { cwd, input, encoding: 'utf8' });
}

const skip = process.platform === 'win32' && 'a folder that is in use cannot be removed there';

test('a current folder that is gone is told with the remedy', { skip }, () => {
  const out = path.join(folder, 'out');
  const commands = [
    ['align', '--in_dir', 'in', '--out_dir', 'out'],
    ['infer', '--input_dir', 'in', '--output_dir', 'out', ...MODEL],
    ['infer', '--input_dir', CROPS, '--output_dir', 'out', ...MODEL],
    ['infer', '--in_list', '-', '--output_dir', out, ...MODEL],
    ['run', '--input_dir', 'in', '--output_dir', 'out', ...MODEL],
  ];
  for (const args of commands) {
    const { status, stderr } = faceclsInNoFolder(args, 'a.png\n');
    assert.equal(
      stderr,
      'facecls: the current folder: is gone, and relative paths with it; cd into a folder that exists\n',
      args.join(' '),
    );
    assert.equal(status, 2);
  }
});

test('a command whose paths are absolute runs without a current folder', { skip }, () => {
  const args = ['infer', '--input_dir', CROPS, '--output_dir', path.join(folder, 'absolute')];
  const { status, stderr } = faceclsInNoFolder([...args, ...MODEL, '--quiet']);
  assert.equal(stderr, '');
  assert.equal(status, 0);
});
