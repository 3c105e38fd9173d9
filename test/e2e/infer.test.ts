import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, jsonFixture } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = fixture('align/crops/upstream');
const cropNames = readdirSync(crops).sort();
const checkpoint = fixture('checkpoints/lightning.ckpt');
const expected: Record<string, number[]> = jsonFixture('checkpoints/expected.json').expected[
  'lightning.ckpt'
];

// The network of random weights turns float32's rounding into 1e-5: computed in float64, PyTorch itself
// gives 1.3e-5 less or more than these numbers (test/fixtures/checkpoints/README.md).
const FLOAT32_NOISE = 3e-5;

function labelOf(probabilities: readonly number[]): string {
  return CLASS_NAMES[probabilities.indexOf(Math.max(...probabilities))];
}

function readPredictions(out: string): string {
  return readFileSync(path.join(out, 'pred_ethnicities.txt'), 'utf8');
}

test("a Lightning checkpoint gives PyTorch's labels and probabilities, in every format", async () => {
  const out = path.join(folder, 'formats');
  const { code, stdout, stderr } = await facecls([
    ...['infer', '--input-dir', crops, '--output-dir', out, '--ckpt', checkpoint],
    ...['--format', 'csv,jsonl'],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^infer: 20 images, .*results in .*\n$/);
  const sha256 = createHash('sha256').update(readFileSync(checkpoint)).digest('hex');
  assert.match(stdout, new RegExp(`lightning.ckpt \\(sha256 ${sha256.slice(0, 12)}`));

  const paths = cropNames.map((name) => `${crops}/${name}`);
  assert.equal(
    readPredictions(out),
    paths.map((file, i) => `${file} ${labelOf(expected[cropNames[i]])}\n`).join(''),
  );
  const rows = readFileSync(path.join(out, 'predictions.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const csv = readFileSync(path.join(out, 'predictions.csv'), 'utf8').trimEnd().split('\r\n');
  assert.equal(csv[0], 'path,label,confidence,African,Asian,Caucasian,Indian');
  assert.equal(csv.length, 21);
  for (const [i, row] of rows.entries()) {
    assert.equal(row.path, paths[i]);
    const probabilities: number[] = CLASS_NAMES.map((name) => row[name]);
    for (const [k, probability] of probabilities.entries()) {
      assert.ok(Math.abs(probability - expected[cropNames[i]][k]) < FLOAT32_NOISE);
    }
    assert.equal(row.label, labelOf(expected[cropNames[i]]));
    assert.equal(row.confidence, Math.max(...probabilities));
    const values = [row.confidence, ...probabilities].map((value) => value.toFixed(6));
    assert.equal(csv[i + 1], [row.path, row.label, ...values].join(','));
  }

  const record = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
  assert.equal(record.command, 'infer');
  assert.equal(record.device, 'cpu');
  assert.deepEqual(record.model, { path: checkpoint, sha256 });
  assert.equal(record.counts.seen, 20);
  for (const name of CLASS_NAMES) {
    const count = rows.filter(({ label }) => label === name).length;
    assert.equal(record.counts.classes[name], count);
  }
  assert.ok(!existsSync(path.join(out, 'failed.txt')));
  assert.deepEqual(
    readdirSync(out).filter((name) => name.endsWith('.partial')),
    [],
  );
});

test('a list keeps its order, from a file, from standard input, with NUL', async () => {
  const names = [cropNames[7], cropNames[2], cropNames[11]];
  const listed = async (args: string[], input: string, cwd?: string) => {
    const out = path.join(folder, 'listed');
    const common = ['--output_dir', out, '--ckpt', checkpoint, '--overwrite'];
    const command = ['infer', ...common, ...args];
    const { code, stderr } = await facecls(command, cwd === undefined ? { input } : { input, cwd });
    assert.equal(code, 0, stderr);
    return readPredictions(out)
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, line.lastIndexOf(' ')));
  };
  const list = path.join(folder, 'list.txt');
  writeFileSync(list, names.join('\r\n'));
  const joined = names.map((name) => `${crops}/${name}`);
  assert.deepEqual(await listed(['--input_dir', crops, '--in_list', list], ''), joined);
  assert.deepEqual(await listed(['--in_list', '-', '--null'], `${joined.join('\0')}\0`), joined);
  assert.deepEqual(await listed(['--in_list', '-'], `${names.join('\n')}\n`, crops), names);
});

test('a listed file that is missing fails alone; one outside the input folder is wrong usage', async () => {
  const out = path.join(folder, 'missing');
  const args = ['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', checkpoint];
  const missing = await facecls([...args, '--in_list', '-'], {
    input: `${cropNames[0]}\nnone.png\n${cropNames[1]}\n`,
  });
  assert.equal(missing.code, 3, missing.stderr);
  assert.equal(readPredictions(out).trimEnd().split('\n').length, 2);
  const failed = readFileSync(path.join(out, 'failed.txt'), 'utf8');
  assert.equal(failed, `${crops}/none.png\tno such file or folder\n`);
  const outside = await facecls([...args, '--in_list', '-'], { input: '../default/x.png\n' });
  assert.equal(outside.code, 2);
});

test('a failed.txt of an earlier run does not stay', async () => {
  const out = path.join(folder, 'again');
  const args = [
    ...['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', checkpoint],
    ...['--in_list', '-', '--overwrite'],
  ];
  await facecls(args, { input: `${cropNames[0]}\nnone.png\n` });
  assert.ok(existsSync(path.join(out, 'failed.txt')));
  assert.equal((await facecls(args, { input: cropNames[0] })).code, 0);
  assert.ok(!existsSync(path.join(out, 'failed.txt')));
});

test('images of mixed sizes get what each gets alone, whatever the batch size', async () => {
  const mixed = path.join(folder, 'mixed');
  mkdirSync(mixed);
  for (const [i, name] of cropNames.slice(0, 9).entries()) {
    const size = [112, 100, 64][i % 3];
    await sharp(path.join(crops, name))
      .resize(size, size + (i % 2))
      .png()
      .toFile(`${mixed}/${name}`);
  }
  const probabilities = async (batchSize: number) => {
    const out = path.join(folder, `batch-${batchSize}`);
    const { code, stderr } = await facecls([
      ...['infer', '--input_dir', mixed, '--output_dir', out, '--ckpt', checkpoint],
      ...['--batch_size', String(batchSize), '--format', 'jsonl'],
    ]);
    assert.equal(code, 0, stderr);
    return readFileSync(path.join(out, 'predictions.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const alone = await probabilities(1);
  const together = await probabilities(16);
  assert.equal(alone.length, 9);
  for (const [i, row] of alone.entries()) {
    assert.equal(together[i].path, row.path);
    for (const name of CLASS_NAMES) assert.ok(Math.abs(together[i][name] - row[name]) < 1e-5);
  }
});

test('convert writes an ONNX file that infer takes, with the same labels', async () => {
  const onnx = path.join(folder, 'converted', 'model.onnx');
  const converted = await facecls(['convert', '--ckpt', checkpoint, '--out', onnx, '--json']);
  assert.equal(converted.code, 0, converted.stderr);
  assert.equal(JSON.parse(converted.stdout).bytes, readFileSync(onnx).length);
  const out = path.join(folder, 'from-onnx');
  const inferred = await facecls([
    'infer',
    '--input_dir',
    crops,
    '--output_dir',
    out,
    '--ckpt',
    onnx,
  ]);
  assert.equal(inferred.code, 0, inferred.stderr);
  const labels = cropNames.map((name) => `${crops}/${name} ${labelOf(expected[name])}\n`);
  assert.equal(readPredictions(out), labels.join(''));
});

test('a model that cannot be used ends with exit code 4 and leaves no results', async () => {
  const out = path.join(folder, 'bad-model');
  const notOnnx = path.join(folder, 'broken.onnx');
  const bundled = readFileSync(packageFile('pretrained_models/mtcnn/rnet.onnx'));
  writeFileSync(notOnnx, bundled.subarray(0, 5000));
  const wrongNetwork = packageFile('pretrained_models/mtcnn/rnet.onnx');
  for (const [model, pattern] of [
    [fixture('checkpoints/bad_three_classes.pth'), /3 classes/],
    [notOnnx, /broken\.onnx/],
    [wrongNetwork, /rnet\.onnx: expected/],
  ] as const) {
    const { code, stderr } = await facecls([
      ...['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', model],
    ]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, pattern);
    assert.ok(!existsSync(out));
  }
});

test("the paper's checkpoint in pretrained_models of the current folder is used by itself", async () => {
  const home = path.join(folder, 'home');
  mkdirSync(path.join(home, 'pretrained_models'), { recursive: true });
  copyFileSync(checkpoint, path.join(home, 'pretrained_models', 'resnet18.ckpt'));
  const args = ['infer', '--input_dir', crops, '--output_dir', 'out', '--json'];
  const own = await facecls(args, { cwd: home, classifier: 'default' });
  assert.equal(own.code, 0, own.stderr);
  assert.equal(JSON.parse(own.stdout).model.path, 'pretrained_models/resnet18.ckpt');
  const bundled = await facecls(args, { cwd: temporaryFolder(), classifier: 'default' });
  assert.equal(bundled.code, 0, bundled.stderr);
  assert.match(JSON.parse(bundled.stdout).model.path, /resnet18-fairface\.onnx$/);
});

test('--debug tells how long a checkpoint took to convert, nothing else does', async () => {
  const out = path.join(folder, 'debug');
  const args = ['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', checkpoint];
  assert.match((await facecls([...args, '--debug'])).stderr, /converted in \d+ ms/);
  assert.equal((await facecls([...args, '--overwrite'])).stderr, '');
});

test('--visualize draws grids of the published size, height by --figsize_h, in path order', async () => {
  const out = path.join(folder, 'grids');
  const { code, stderr } = await facecls([
    ...['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', checkpoint],
    ...['--visualize', '--n_vis_samples_per_pic', '8', '--n_vis_rows_per_pic', '2'],
    ...['--figsize_h', '5', '--figsize_w', '8'],
  ]);
  assert.equal(code, 0, stderr);
  const grids = readdirSync(out).filter((name) => name.endsWith('.jpg'));
  assert.deepEqual(grids, ['0.jpg', '1.jpg', '2.jpg']);
  for (const name of grids) {
    const { width, height } = await sharp(path.join(out, name)).metadata();
    assert.deepEqual([width, height], [800, 500]);
  }
  // 20 faces: the last grid has four, in its first row.
  const { data, info } = await sharp(path.join(out, '2.jpg'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const half = (info.height / 2) * info.width * 3;
  assert.ok(data.subarray(half).every((level) => level === 255));
  assert.ok(data.subarray(0, half).some((level) => level < 128));
});

test('--report writes one page with every face and every failure', async () => {
  const out = path.join(folder, 'report');
  const { code, stderr } = await facecls(
    [
      ...['infer', '--input_dir', crops, '--output_dir', out, '--ckpt', checkpoint],
      ...['--in_list', '-', '--report'],
    ],
    { input: `${cropNames.join('\n')}\nnone.png\n` },
  );
  assert.equal(code, 3, stderr);
  const page = readFileSync(path.join(out, 'report.html'), 'utf8');
  assert.equal(page.match(/data:image\/jpeg;base64/g)?.length, 20);
  assert.match(page, /none\.png/);
});
