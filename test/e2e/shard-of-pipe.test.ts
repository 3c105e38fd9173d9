import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = fixture('align/crops/upstream');
const NAMES = ['sample1.jpg_0.png', 'sample2.jpg_0.png'];

function shard(index: number, list: string, ...more: string[]) {
  const args = ['infer', '--input_dir', crops, '--in_list', list, '--shard', `${index}/2`];
  const out = path.join(folder, list === '-' ? 'piped' : 'listed');
  return facecls([...args, '--output_dir', out, '--overwrite', ...more], {
    input: NAMES.join('\n'),
  });
}

test('a shard of a list that is read once is done with one warning, and none with --quiet', async () => {
  const warned = await shard(0, '-');
  assert.equal(warned.code, 0, warned.stderr);
  const warnings = warned.stderr.match(
    /^facecls: --in_list -: is read once, .* merge .*; give a list in a file .*$/gm,
  );
  assert.equal(warnings?.length, 1, warned.stderr);
  const quiet = await shard(1, '-', '--quiet');
  assert.equal(quiet.code, 0, quiet.stderr);
  assert.equal(quiet.stderr, '');
});

test('a shard of a list in a file is done without a warning', async () => {
  const list = path.join(folder, 'list.txt');
  writeFileSync(list, NAMES.join('\n'));
  const { code, stderr } = await shard(0, list);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /is read once/);
});
