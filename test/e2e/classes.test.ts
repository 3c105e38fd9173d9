/** Commands with a classifier of two classes, whose outcomes are computed by hand. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { Analyzer, Classifier } from 'facecls';
import sharp from 'sharp';
import { OnnxGraph } from '../../src/convert/onnx/onnx-graph.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const people = path.join(folder, 'people');
const model = path.join(folder, 'warmth.onnx');
const out = path.join(folder, 'out');

/**
 * A classifier of the mean red r, from -1 to 1: of two classes, probabilities softmax(r ln 3, 0), so 3/4 and 1/4 for
 * pure red, and 1/4 and 3/4 where there is no red.
 */
function classifier(metadata: Record<string, string>, classes = 2): Uint8Array {
  const graph = new OnnxGraph('warmth');
  const input = graph.input('input', ['N', 3, 'H', 'W']);
  const mean = graph.node('Flatten', 'mean', [graph.node('GlobalAveragePool', 'pool', [input])]);
  const weights = new Float32Array(3 * classes);
  weights[0] = Math.log(3);
  const logits = graph.node('MatMul', 'logits', [
    mean,
    graph.constant('weights', [3, classes], weights),
  ]);
  graph.output(graph.node('Softmax', 'probabilities', [logits], { axis: 1 }), ['N', classes]);
  return graph.model(metadata);
}

const RED = { r: 255, g: 0, b: 0 };
const BLUE = { r: 0, g: 0, b: 255 };
const IMAGES = [
  ['ann/1.png', RED, 'Warm+1'],
  ['ann/2.png', RED, 'Warm+1'],
  ['ann/3.png', RED, 'Warm+1'],
  ['bob/1.png', RED, 'Warm+1'],
  ['bob/2.png', BLUE, 'cool_2'],
  ['eve/1.png', BLUE, 'cool_2'],
  ['eve/2.png', BLUE, 'cool_2'],
] as const;
/** True for all but the second of bob and of eve. */
const TRUTHS = ['Warm+1', 'Warm+1', 'Warm+1', 'Warm+1', 'Warm+1', 'cool_2', 'Warm+1'];

const read = (...parts: string[]) => readFileSync(path.join(...parts), 'utf8');

before(async () => {
  writeFileSync(model, classifier({ class_names: 'Warm+1,cool_2', output: 'probabilities' }));
  for (const [name, background] of IMAGES) {
    const file = path.join(people, name);
    mkdirSync(path.dirname(file), { recursive: true });
    await sharp({ create: { width: 112, height: 112, channels: 3, background } }).toFile(file);
  }
  const { code, stdout, stderr } = await facecls([
    ...['infer', '--input_dir', people, '--output_dir', out, '--ckpt', model, '--report'],
    ...['--format', 'txt,csv,jsonl'],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^infer: 7 images, Warm\+1 4, cool_2 3, 0 failed/);
});

test('infer writes the classes of the model into each file', () => {
  assert.equal(
    read(out, 'pred_ethnicities.txt'),
    IMAGES.map(([name, , label]) => `${people}/${name} ${label}\n`).join(''),
  );
  const rows = IMAGES.map(([name, colour, label]) => {
    const shares = colour === RED ? '0.750000,0.250000' : '0.250000,0.750000';
    return `${people}/${name},${label},0.750000,${shares}\r\n`;
  });
  assert.equal(
    read(out, 'predictions.csv'),
    ['path,label,confidence,Warm+1,cool_2\r\n', ...rows].join(''),
  );
  const [first] = read(out, 'predictions.jsonl').split('\n');
  assert.equal(
    first,
    `{"path":"${people}/ann/1.png","label":"Warm+1","confidence":0.750000,"Warm+1":0.750000,"cool_2":0.250000}`,
  );
  const { class_names, counts } = JSON.parse(read(out, 'run.json'));
  assert.deepEqual(class_names, ['Warm+1', 'cool_2']);
  assert.deepEqual(counts.classes, { 'Warm+1': 4, cool_2: 3 });
  assert.match(
    read(out, 'report.html'),
    /<th scope="row"><a href="#class-1">cool_2<\/a><\/th><td>3/,
  );
});

test('infer that goes on has the classes of what was done before', async () => {
  const results = path.join(folder, 'resumed');
  const list = path.join(folder, 'list.txt');
  const late = path.join(folder, 'late.png');
  writeFileSync(list, `${people}/ann/1.png\n${late}\n${people}/eve/1.png\n`);
  const args = ['infer', '--in_list', list, '--output_dir', results, '--ckpt', model];
  assert.equal((await facecls(args)).code, 3);
  copyFileSync(path.join(people, 'bob/2.png'), late);
  const { code, stdout, stderr } = await facecls([...args, '--resume', '--retry_failed']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^infer: 3 images, Warm\+1 1, cool_2 2, 2 finished before, /);
  assert.equal(
    read(results, 'pred_ethnicities.txt'),
    `${people}/ann/1.png Warm+1\n${late} cool_2\n${people}/eve/1.png cool_2\n`,
  );
});

test('run and the library have the classes of the model too', async () => {
  const photograph = path.join(samplePhotographs(), 'sample1.jpg');
  const results = path.join(folder, 'run');
  const { code, stderr } = await facecls(
    [...['run', '--in_list', '-', '--output_dir', results, '--ckpt', model, '--format', 'csv']],
    { input: `${photograph}\n` },
  );
  assert.equal(code, 0, stderr);
  const [header, ...rows] = read(results, 'predictions.csv').trimEnd().split('\r\n');
  assert.equal(header, 'path,label,confidence,Warm+1,cool_2,overlaps');
  const analyzer = await Analyzer.open({ checkpoint: model });
  assert.deepEqual(analyzer.classNames, ['Warm+1', 'cool_2']);
  const found: string[] = [];
  for await (const { faces = [] } of analyzer.analyze([photograph])) {
    for (const { index, label, probabilities, overlaps } of faces) {
      const [warm, cool] = probabilities;
      assert.equal(label, warm >= cool ? 'Warm+1' : 'cool_2');
      const shares = [Math.max(warm, cool), warm, cool].map((share) => share.toFixed(6));
      found.push([`${photograph}#${index}`, label, ...shares, overlaps ?? ''].join(','));
    }
  }
  await analyzer.close();
  assert.ok(found.length > 0);
  assert.deepEqual(found, rows);
  const classifier = await Classifier.open({ checkpoint: model });
  assert.deepEqual(classifier.classNames, ['Warm+1', 'cool_2']);
  await classifier.close();
});

test('evaluate gives the figures of the classes of each format', async () => {
  const labels = path.join(folder, 'labels.csv');
  const rows = IMAGES.map(([name], i) => `${name},${TRUTHS[i]}\n`);
  writeFileSync(labels, ['image,label\n', ...rows].join(''));
  for (const name of ['predictions.csv', 'predictions.jsonl', 'pred_ethnicities.txt']) {
    const results = path.join(folder, `evaluated-${name}`);
    const { code, stderr } = await facecls([
      ...['evaluate', '--predictions', path.join(out, name), '--labels', labels],
      ...['--output_dir', results],
    ]);
    assert.equal(code, 0, stderr);
    const metrics = JSON.parse(read(results, 'metrics.json'));
    assert.deepEqual(metrics.class_names, ['Warm+1', 'cool_2']);
    assert.deepEqual(metrics.confusion, [
      [4, 2],
      [0, 1],
    ]);
    assert.equal(metrics.accuracy, 5 / 7);
    assert.equal(metrics.balanced_accuracy, (4 / 6 + 1) / 2);
    assert.deepEqual([metrics.classes.cool_2.precision, metrics.classes.cool_2.recall], [1 / 3, 1]);
    const error = metrics.expected_calibration_error;
    if (name.endsWith('.txt')) assert.equal(error, null);
    else assert.ok(Math.abs(error - (0.75 - 5 / 7)) < 1e-12, error);
    assert.equal(
      read(results, 'confusion.csv'),
      'label,Warm+1,cool_2\r\nWarm+1,4,2\r\ncool_2,0,1\r\n',
    );
  }
});

test('consensus lists the identities of each class', async () => {
  for (const name of ['predictions.csv', 'pred_ethnicities.txt']) {
    const results = path.join(folder, `decided-${name}`);
    const { code, stdout, stderr } = await facecls([
      ...['consensus', '--predictions', path.join(out, name), '--output_dir', results],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^consensus: 3 identities of 7 images, Warm\+1 1, cool_2 1, undecided 1,/);
    assert.equal(read(results, 'Warm+1.txt'), `${people}/ann\n`);
    assert.equal(read(results, 'cool_2.txt'), `${people}/eve\n`);
    assert.equal(
      read(results, 'undecided.csv'),
      `identity,images,drawn,Warm+1,cool_2,best_class,reason\r\n${people}/bob,2,2,0.500000,0.500000,tie,below_threshold\r\n`,
    );
  }
});

test('consensus removes the lists of classes that an earlier run had', async () => {
  const results = path.join(folder, 'replaced');
  const args = ['consensus', '--output_dir', results, '--predictions'];
  const first = await facecls([...args, '-'], { input: 'ann/1.jpg Asian\n' });
  assert.equal(first.code, 0, first.stderr);
  writeFileSync(path.join(results, 'notes.txt'), 'of somebody else');
  const { code, stderr } = await facecls([
    ...[...args, path.join(out, 'predictions.csv'), '--overwrite'],
  ]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(results).sort(), [
    ...['Warm+1.txt', 'consensus.png', 'cool_2.txt', 'notes.txt', 'summary.json', 'undecided.csv'],
  ]);
});

test('merge joins shards under the classes of their model', async () => {
  const sharded = path.join(folder, 'sharded');
  for (const shard of ['0/2', '1/2']) {
    const { code, stderr } = await facecls([
      ...['infer', '--input_dir', people, '--output_dir', sharded, '--ckpt', model],
      ...['--format', 'txt,csv,jsonl', '--shard', shard],
    ]);
    assert.equal(code, 0, stderr);
  }
  const { code, stderr } = await facecls(['merge', '--inputs', sharded, '--output_dir', sharded]);
  assert.equal(code, 0, stderr);
  for (const name of ['predictions.csv', 'predictions.jsonl', 'pred_ethnicities.txt']) {
    assert.equal(read(sharded, name), read(out, name), name);
  }
  const record = JSON.parse(read(sharded, 'run.json'));
  assert.deepEqual(record.class_names, ['Warm+1', 'cool_2']);
  assert.deepEqual(record.counts.classes, { 'Warm+1': 4, cool_2: 3 });
  const first = path.join(sharded, 'shard-0-of-2', 'run.json');
  const { class_names: _, ...rest } = JSON.parse(read(first));
  writeFileSync(first, JSON.stringify({ ...rest, class_names: ['a\r\nb', 'c'] }));
  const refused = await facecls([
    ...['merge', '--inputs', sharded, '--output_dir', path.join(folder, 'not-merged')],
  ]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /run\.json: has class_names of which one has other characters/);
});

test('labels without their record are refused, for their classes are not known', async () => {
  const alone = path.join(folder, 'alone.txt');
  copyFileSync(path.join(out, 'pred_ethnicities.txt'), alone);
  const results = path.join(folder, 'refused');
  const { code, stderr } = await facecls([
    ...['consensus', '--predictions', alone, '--output_dir', results],
  ]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /line 1: expected a label of African, .* \(other classes are told by the run\.json beside the file\), received "Warm\+1"/,
  );
});

for (const [why, metadata, classes, reason] of [
  ['without names for its two outputs', {}, 2, /\[N, 4\] out, found .*\[N, 2\] out/],
  [
    'with three outputs and two names',
    { class_names: 'a,b' },
    3,
    /\[N, 2\] out, found .*\[N, 3\] out/,
  ],
  [
    'with a name that leaves the folder',
    { class_names: 'a,../b' },
    2,
    /classes are "a,\.\.\/b", of which one has other/,
  ],
] as const) {
  test(`an ONNX file ${why} is refused`, async () => {
    const file = path.join(folder, 'refused.onnx');
    writeFileSync(file, classifier(metadata, classes));
    const results = path.join(folder, 'refused');
    const { code, stderr } = await facecls([
      ...['infer', '--input_dir', people, '--output_dir', results, '--ckpt', file],
    ]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, reason);
  });
}
