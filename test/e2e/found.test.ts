import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';

const scratch = temporaryFolder();
const crops = fixture('datasets/folder/000');
const record = (folder: string, name = 'run.json') =>
  JSON.parse(readFileSync(path.join(scratch, folder, name), 'utf8'));

test('a list in a pipe is read once and in full', {
  skip: process.platform === 'win32',
}, async () => {
  const pipe = path.join(scratch, 'list');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const names = readdirSync(crops).map((name) => path.join(crops, name));
  const [{ code, stderr }] = await Promise.all([
    facecls(['infer', '--in_list', pipe, '--output_dir', path.join(scratch, 'piped')]),
    writeFile(pipe, `${names.join('\n')}\n`),
  ]);
  assert.equal(code, 0, stderr);
  const { counts, given, made_with: made } = record('piped');
  assert.deepEqual([counts.seen, counts.images], [5, 5]);
  assert.deepEqual([given.list, made.in_list, made.list_sha256], ['-', '-', undefined]);
});

test('align records the SHA-256 of its list', async () => {
  const list = path.join(scratch, 'photographs.txt');
  const text = `${path.join(samplePhotographs(), 'sample2.jpg')}\n`;
  writeFileSync(list, text);
  const out = path.join(scratch, 'aligned');
  assert.equal((await facecls(['align', '--in_list', list, '--out_dir', out])).code, 0);
  const sha256 = createHash('sha256').update(text).digest('hex');
  assert.equal(record('aligned', 'align.json').made_with.list_sha256, sha256);
});

test('merge gives what was found in the folder once, not once a shard', async () => {
  const folder = path.join(scratch, 'mixed');
  mkdirSync(folder);
  for (const name of readdirSync(crops))
    copyFileSync(path.join(crops, name), path.join(folder, name));
  for (const name of ['a.HEIC', 'b.json', 'c.json', '.d.jpg']) {
    writeFileSync(path.join(folder, name), '');
  }
  const out = path.join(scratch, 'sharded');
  const [first, second] = await Promise.all(
    ['0/2', '1/2'].map((shard) =>
      facecls(['infer', '--input_dir', folder, '--output_dir', out, '--shard', shard]),
    ),
  );
  // One of them has the HEIC file.
  assert.deepEqual([first.code, second.code].sort(), [0, 3], first.stderr + second.stderr);
  assert.match(first.stderr, /passed over: 2 other files \(\.json 2\), 1 hidden/);
  const merged = await facecls([
    'merge',
    '--inputs',
    out,
    '--output_dir',
    path.join(scratch, 'merged'),
  ]);
  assert.equal(merged.code, 3, merged.stderr);
  const { counts } = record('merged');
  const { seen, failed, found, images, other_files: others, hidden } = counts;
  assert.deepEqual([seen, failed, images, others, hidden, found], [6, 1, 6, 2, 1, 9]);
  assert.deepEqual(counts.other_endings, { json: 2 });
});
