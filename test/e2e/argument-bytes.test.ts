import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const LATIN_1 = '$(printf "caf\\351")';
const REPLACED = 'caf\ufffd';

const FACECLS = `"${process.execPath}" "${packageFile('bin/facecls.js')}"`;

/** A shell can write any bytes into an argument. */
function inShell(script: string) {
  return spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
}

const CROPS = `"${fixture('align/crops/upstream')}"`;
const MODEL = `--ckpt "${TINY_CLASSIFIER}" --n_threads 1 --quiet`;
const skip = process.platform !== 'linux' && 'arguments and names are bytes on Linux alone';

test('a path that is not UTF-8 is refused, and nothing is written', { skip }, () => {
  const commands = [
    [`infer --input_dir ${CROPS} --output_dir ${LATIN_1}/out ${MODEL}`, '--output_dir'],
    [`infer --input_dir ${LATIN_1} --output_dir out ${MODEL}`, '--input_dir'],
    [`merge --inputs out ${LATIN_1} --output_dir out`, '--inputs'],
    [`convert --ckpt k.ckpt --out ${LATIN_1}`, '--out'],
  ];
  for (const [words, option] of commands) {
    const { status, stderr } = inShell(`${FACECLS} ${words}`);
    assert.equal(status, 2, stderr);
    assert.match(
      stderr,
      new RegExp(
        `^facecls: ${option} caf\ufffd(/out)?: the path is not UTF-8, .*; cd into its folder and give \\., or name images by --in_list\n$`,
      ),
    );
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('a name that holds U+FFFD itself is taken where it is there', { skip }, () => {
  const images = path.join(folder, REPLACED);
  mkdirSync(images);
  const [crop] = readdirSync(fixture('align/crops/upstream')).filter((name) => /\.png$/.test(name));
  copyFileSync(path.join(fixture('align/crops/upstream'), crop), path.join(images, crop));
  const { status, stderr } = inShell(
    `${FACECLS} infer --input_dir ${REPLACED} --output_dir ${REPLACED}/new/out ${MODEL}`,
  );
  assert.equal(status, 0, stderr);
  assert.ok(readdirSync(path.join(images, 'new/out')).includes('run.json'));
});

test('a folder whose name is not UTF-8 is written to as the current folder', { skip }, () => {
  const words = `infer --input_dir ${CROPS} --output_dir . ${MODEL}`;
  const { status, stdout, stderr } = inShell(
    `mkdir ${LATIN_1} && cd ${LATIN_1} && ${FACECLS} ${words} && ls`,
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /run\.json/);
});
