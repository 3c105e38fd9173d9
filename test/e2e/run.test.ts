import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const checkpoint = fixture('checkpoints/lightning.ckpt');

function readRows(out: string) {
  return readFileSync(path.join(out, 'predictions.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('run gives what align and infer give one after the other, without a file in between', async () => {
  const list = 'sample1.jpg\nsample2.jpg\nsample5.jpg\n';
  const out = path.join(folder, 'run');
  const classifier = ['--ckpt', checkpoint, '--format', 'jsonl'];
  const ran = await facecls(
    [
      ...['run', '--input_dir', samplePhotographs(), '--in_list', '-', '--output_dir', out],
      ...[...classifier, '--save_crops', '--crop_format', 'png', '--batch_size', '4'],
    ],
    { input: list },
  );
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^run: 3 images, 9 faces, 0 without a face, /);
  const crops = path.join(out, 'crops');
  const inferred = await facecls([
    ...['infer', '--input_dir', crops, '--output_dir', `${folder}/infer`, ...classifier],
  ]);
  assert.equal(inferred.code, 0, inferred.stderr);

  const rows = readRows(out);
  const separate = readRows(`${folder}/infer`);
  assert.equal(rows.length, 9);
  assert.equal(separate.length, 9);
  for (const [i, row] of rows.entries()) {
    const [photograph, face] = row.path.split('#');
    assert.equal(separate[i].path, path.join(crops, `${path.basename(photograph)}_${face}.png`));
    assert.equal(row.label, separate[i].label);
    for (const name of CLASS_NAMES) assert.ok(Math.abs(row[name] - separate[i][name]) < 1e-5);
  }
  const manifest = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    manifest.map((line) => JSON.parse(line)).map(({ source, face }) => `${source}#${face}`),
    rows.map((row) => row.path),
  );
});

test('run keeps no picture without --save_crops', async () => {
  const out = path.join(folder, 'no-crops');
  const { code, stderr } = await facecls(
    ['run', '--input_dir', samplePhotographs(), '--in_list', '-', '--output_dir', out],
    { input: 'sample2.jpg' },
  );
  assert.equal(code, 0, stderr);
  assert.ok(!existsSync(path.join(out, 'crops')));
  assert.equal(JSON.parse(readFileSync(`${out}/align_manifest.jsonl`, 'utf8')).crop, null);
});
