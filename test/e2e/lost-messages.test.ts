/** Standard error that nobody takes: the run goes on, and ends with its own exit code. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const DAMAGED = 5;

before(() => {
  mkdirSync(crops);
  for (let i = 0; i < DAMAGED; i++) writeFileSync(path.join(crops, `${i}.png`), 'damaged');
  const crop = readFileSync(fixture('align/crops/upstream/sample1.jpg_0.png'));
  writeFileSync(path.join(crops, 'whole.png'), crop);
});

const LINUX = { skip: existsSync('/dev/full') ? false : 'needs Linux' };
const command = (out: string) =>
  [process.execPath, packageFile('bin/facecls.js'), 'infer', '--input_dir', crops]
    .concat('--output_dir', path.join(folder, out), '--n_threads', '1')
    .map((word) => `'${word}'`)
    .join(' ');

function assertFinished(out: string): void {
  const failed = readFileSync(path.join(folder, out, 'failed.txt'), 'utf8');
  assert.equal(failed.trimEnd().split('\n').length, DAMAGED);
}

for (const [name, redirection] of [
  ['a full device', '2>/dev/full'],
  ['a reader that leaves after a line', '2>&1 | head -n 1 >/dev/null'],
  ['a reader that was never there', '2> >(exit 0)'],
] as const) {
  test(`a run whose standard error is ${name} finishes with its exit code`, LINUX, () => {
    const out = name.replaceAll(' ', '-');
    const shell = `${command(out)} ${redirection}; exit \${PIPESTATUS[0]}`;
    const { status } = spawnSync('bash', ['-c', shell], { encoding: 'utf8' });
    assert.equal(status, 3);
    assertFinished(out);
  });
}

test('an error that cannot be told keeps its exit code', LINUX, () => {
  const shell = `'${process.execPath}' '${packageFile('bin/facecls.js')}' infer 2>/dev/full`;
  assert.equal(spawnSync('bash', ['-c', shell]).status, 2);
});

test('a closed standard error ends no run', async () => {
  const child = spawn('bash', ['-c', command('closed')], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.destroy();
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 3);
  assertFinished('closed');
});
