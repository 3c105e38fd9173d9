import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { before, beforeEach, test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const images = path.join(folder, 'images');
const out = path.join(folder, 'out');
const joined = path.join(folder, 'joined');
let crops: string[] = [];

before(() => {
  const upstream = fixture('align/crops/upstream');
  crops = readdirSync(upstream)
    .filter((name) => /\.(jpg|png)$/.test(name))
    .map((name) => path.join(upstream, name));
});

beforeEach(() => {
  for (const one of [images, out]) rmSync(one, { recursive: true, force: true });
  mkdirSync(images);
  for (let i = 0; i < 8; i++) add(`${i}.png`);
});

function add(name: string): void {
  copyFileSync(crops[0], path.join(images, name));
}

/** Does shard 0, changes the inputs, does shard 1, and merges. */
async function mergeAfter(change: () => void) {
  for (const shard of ['0/2', '1/2']) {
    const args = ['infer', '--input_dir', images, '--output_dir', out, '--shard', shard];
    const { code, stderr } = await facecls(args);
    assert.equal(code, 0, stderr);
    if (shard === '0/2') change();
  }
  return facecls(['merge', '--inputs', out, '--output_dir', joined]);
}

test('merge refuses shards between which files were added, and names both', async () => {
  const { code, stderr } = await mergeAfter(() => {
    for (let i = 8; i < 12; i++) add(`${i}.png`);
  });
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /^facecls: --inputs: shard 0\/2 \(\S+shard-0-of-2\) and shard 1\/2 \(\S+shard-1-of-2\) saw different inputs \(images: 8 and 12\); run all shards again on the same inputs, with --overwrite\n$/,
  );
  assert.ok(!existsSync(joined));
});

test('merge refuses shards between which files got other names', async () => {
  const { code, stderr } = await mergeAfter(() => {
    for (let i = 0; i < 8; i++) {
      renameSync(path.join(images, `${i}.png`), path.join(images, `other-${i}.png`));
    }
  });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /found 8 inputs each and did \d+ together, .*; run all shards again/);
  assert.ok(!existsSync(joined));
});

test('merge joins shards between which a file that is no image was added', async () => {
  const { code, stderr } = await mergeAfter(() => add('notes.txt'));
  assert.equal(code, 0, stderr);
  assert.ok(existsSync(joined));
});
