/** Inputs that were replaced since an earlier run did them. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const MODEL = ['--ckpt', TINY_CLASSIFIER];
const crop = (name: string) => path.join(fixture('align/crops/upstream'), name);

test('infer --resume does a replaced input again and counts it', async () => {
  const input = path.join(folder, 'crops');
  mkdirSync(input);
  copyFileSync(crop('sample1.jpg_0.png'), path.join(input, 'a.png'));
  copyFileSync(crop('sample1.jpg_1.png'), path.join(input, 'b.png'));
  writeFileSync(path.join(input, 'damaged.png'), 'damaged');
  const out = path.join(folder, 'infer');
  const args = ['infer', '--input_dir', input, '--output_dir', out, '--format', 'csv', ...MODEL];
  assert.equal((await facecls(args)).code, 3);
  const rows = () => readFileSync(path.join(out, 'predictions.csv'), 'utf8').split('\r\n');
  const [, a, b] = rows();
  copyFileSync(crop('sample2.jpg_0.png'), path.join(input, 'b.png'));
  const { code, stdout } = await facecls([...args, '--resume', '--json']);
  assert.equal(code, 3);
  const { counts } = JSON.parse(stdout);
  assert.equal(counts.replaced, 1);
  assert.equal(counts.finished_before, 2);
  const [, sameA, newB] = rows();
  assert.equal(sameA, a);
  assert.notEqual(newB, b);
  const again = await facecls([...args, '--resume']);
  assert.match(again.stdout, /3 finished before/);
  assert.doesNotMatch(again.stdout, /replaced/);
});

test('align --check_exists cuts the faces of a replaced photograph again', async () => {
  const input = path.join(folder, 'photographs');
  mkdirSync(input);
  for (const [name, sample] of [
    ['a.jpg', 'sample2.jpg'],
    ['b.jpg', 'sample2.jpg'],
  ]) {
    copyFileSync(path.join(samplePhotographs(), sample), path.join(input, name));
  }
  const out = path.join(folder, 'align');
  const args = ['align', '--in_dir', input, '--out_dir', out];
  assert.equal((await facecls(args)).code, 0);
  const before = readFileSync(path.join(out, 'b.jpg_0.jpg'));
  copyFileSync(path.join(samplePhotographs(), 'sample1.jpg'), path.join(input, 'b.jpg'));
  const { code, stdout, stderr } = await facecls([...args, '--check_exists']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /1 finished before.*1 replaced since and done again/);
  assert.notDeepEqual(readFileSync(path.join(out, 'b.jpg_0.jpg')), before);
});
