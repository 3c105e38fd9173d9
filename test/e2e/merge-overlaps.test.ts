/** A shard's counts of classes are without faces that overlap a better one, and merge checks them so. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const shards = path.join(folder, 'shards');
const record = path.join(shards, 'shard-0-of-1', 'run.json');
const merge = (out: string) =>
  facecls(['merge', '--inputs', shards, '--output_dir', path.join(folder, out), '--json']);

before(async () => {
  mkdirSync(shards);
  writeFileSync(path.join(folder, 'list.txt'), 'sample2.jpg\n');
  const { code, stderr } = await facecls([
    ...['run', '--input_dir', samplePhotographs(), '--in_list', path.join(folder, 'list.txt')],
    ...['--output_dir', shards, '--shard', '0/1', '--nms_thresholds', '0.9', '0.9', '1'],
  ]);
  assert.equal(code, 0, stderr);
});

test('merge keeps the count of faces that overlap a better one', async () => {
  const { code, stdout, stderr } = await merge('merged');
  assert.equal(code, 0, stderr);
  const { counts } = JSON.parse(stdout);
  assert.equal(counts.faces, counts.overlapping + 1);
  assert.equal(counts.predicted, counts.faces);
});

test('merge refuses a record that counts them otherwise', async () => {
  const text = readFileSync(record, 'utf8');
  const changed = text.replace(/"overlapping": \d+/, '"overlapping": 0');
  assert.notEqual(changed, text);
  writeFileSync(record, changed);
  const { code, stderr } = await merge('refused');
  assert.equal(code, 2);
  assert.match(stderr, /it counts overlapping 0, and its files have \d+/);
});
