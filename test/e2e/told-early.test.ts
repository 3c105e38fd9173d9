import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const CROP = fixture('align/crops/upstream/sample2.jpg_0.png');

test('infer says of the first image that it has another size, and at the end how many have', async () => {
  const faces = path.join(folder, 'faces');
  mkdirSync(faces);
  for (const [i, width] of [112, 40, 112, 50].entries()) {
    await sharp(CROP)
      .resize(width, 112)
      .toFile(path.join(faces, `${i}.png`));
  }
  writeFileSync(path.join(faces, '3z.png'), 'no image');
  const args = ['infer', '--input_dir', faces, '--output_dir', path.join(folder, 'sizes')];
  const { code, stderr } = await facecls([...args, '--batch_size', '1']);
  assert.equal(code, 3, stderr);
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 3, stderr);
  assert.match(lines[0], /faces\/1\.png is 40x112, not 112x112, the size .* said at the end$/);
  assert.match(lines[1], /3z\.png: not an image/);
  assert.match(lines[2], /^facecls: 2 of 5 images are not 112x112/);
});

test('consensus says of the first predictions, not only at the end, that they are in no folder', async () => {
  const file = path.join(folder, 'flat.txt');
  const name = (i: number) => `${i}`.padStart(7, '0');
  writeFileSync(file, Array.from({ length: 50_000 }, (_, i) => `${name(i)}.jpg Asian\n`).join(''));
  const out = path.join(folder, 'flat');
  const { code, stderr } = await facecls(['consensus', '--predictions', file, '--output_dir', out]);
  assert.equal(code, 0, stderr);
  const [first, last] = stderr.trimEnd().split('\n');
  assert.match(first, /^the first [\d,]+ images are in no folder: taken for one identity, "\."$/);
  assert.match(last, /^50000 images in no folder: taken for one identity, "\."$/);
});

test('--resume of a finished run tells its counts, and that inputs were not compared', async () => {
  const faces = path.join(folder, 'two');
  mkdirSync(faces);
  for (const name of ['a.png', 'b.png']) copyFileSync(CROP, path.join(faces, name));
  const out = path.join(folder, 'finished');
  const args = ['infer', '--input_dir', faces, '--output_dir', out];
  const first = await facecls(args);
  assert.equal(first.code, 0, first.stderr);
  const again = await facecls([...args, '--resume']);
  assert.equal(again.code, 0, again.stderr);
  const counts = /2 images, (African \d, Asian \d, Caucasian \d, Indian \d), .*0 failed/;
  assert.match(first.stdout, counts);
  assert.match(again.stdout, /^infer: finished before, nothing to do: 2 images, African/);
  assert.ok(again.stdout.includes(counts.exec(first.stdout)![1]), again.stdout);
  assert.match(again.stdout, /0 failed; the inputs were not compared/);
  const json = JSON.parse((await facecls([...args, '--resume', '--json'])).stdout);
  assert.equal(json.inputs_compared, false);
  assert.equal(json.counts.seen, 2);

  const file = path.join(out, 'run.json');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  const classes = { 'a\u001b\u202eb': 1, [`${'x'.repeat(1e6)}`]: 2, Asian: '\u001b[2J' };
  for (const wrong of [{ seen: '\u001b', classes }, { failed: {} }, null, 7]) {
    writeFileSync(file, JSON.stringify({ ...record, counts: wrong }));
    const { code, stdout, stderr } = await facecls([...args, '--resume']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^infer: finished before, nothing to do/);
    assert.doesNotMatch(stdout, /(?!\n)[\p{Cc}\p{Cf}]/u);
    assert.ok(stdout.length < 1000);
  }
});
