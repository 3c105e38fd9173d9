/** What the system refuses is one sentence with a remedy, and the same exit code in every command. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const denied = path.join(folder, 'denied');
const results = path.join(folder, 'results');
const labels = path.join(folder, 'labels.csv');

before(async () => {
  mkdirSync(crops);
  copyFileSync(fixture('align/crops/upstream/sample1.jpg_0.png'), path.join(crops, 'a.png'));
  const out = path.join(folder, 'infer');
  const { code, stderr } = await facecls(['infer', '--input_dir', crops, '--output_dir', out]);
  assert.equal(code, 0, stderr);
  cpSync(out, results, { recursive: true });
  writeFileSync(labels, `path,label\n${path.join(crops, 'a.png')},Asian\n`);
  mkdirSync(denied);
  chmodSync(denied, 0o555);
  chmodSync(folder, 0o755);
});

const isRoot = process.getuid?.() === 0;
/** Root may write anywhere, so the tests run as nobody; who is not root runs them as he is. */
const user = isRoot ? { uid: 65534 } : {};
const POSIX = { skip: process.platform === 'win32' && 'needs permissions' };

for (const where of ['a folder', 'a folder in it']) {
  test(`${where} that may not be written is exit code 1 in every command`, POSIX, async () => {
    const out = where === 'a folder' ? denied : path.join(denied, 'new');
    const predictions = path.join(results, 'pred_ethnicities.txt');
    for (const args of [
      ['infer', '--input_dir', crops, '--output_dir', out],
      ['align', '--in_dir', crops, '--out_dir', out],
      ['run', '--input_dir', crops, '--output_dir', out],
      ['evaluate', '--predictions', predictions, '--labels', labels, '--output_dir', out],
      ['convert', '--ckpt', fixture('checkpoints/half.ckpt'), '--out', path.join(out, 'a.onnx')],
    ]) {
      const { code, stderr } = await facecls(args, user);
      assert.equal(code, 1, `${args[0]}: ${stderr}`);
      assert.match(
        stderr,
        /^facecls: [^\n]*permission denied; give a folder that can be written\n$/,
      );
    }
  });
}

test('too few open files are one sentence', { skip: process.platform !== 'linux' }, () => {
  const out = path.join(folder, 'few');
  const command = [process.execPath, packageFile('bin/facecls.js'), 'infer', '--input_dir', crops];
  for (const limit of [20, 30, 34, 38]) {
    rmSync(out, { recursive: true, force: true });
    const shell = `ulimit -n ${limit}; exec "$@"`;
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', shell, 'bash', ...command, '--output_dir', out, '--n_threads', '2'],
      { encoding: 'utf8' },
    );
    if (status === 0) continue;
    assert.match(stderr, /^facecls: [^\n]*too many open files[^\n]*\n$/, `${limit}: ${status}`);
  }
});
