import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { PredictionFiles, type PredictionFormat } from '../../../src/outputs/predictions.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'facecls-predictions-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const classes = ['African', 'Asian', 'Caucasian', 'Indian'];
const all: PredictionFormat[] = ['txt', 'csv', 'jsonl'];
const bad = Buffer.concat([Buffer.from('in/'), Buffer.from([0xff]), Buffer.from('.jpg')]);
const predictions = [
  { path: Buffer.from('in/a b.jpg'), label: 'Asian', probabilities: [0.1, 0.7, 0.15, 0.05] },
  {
    path: Buffer.from('in/say "hi", 張.jpg'),
    label: 'Indian',
    probabilities: new Float32Array([0, 1e-7, 0.25, 0.7499999]),
  },
  { path: Buffer.from('in/new\nline.jpg'), label: 'African', probabilities: [1, 0, 0, 0] },
  { path: bad, label: 'Caucasian', probabilities: [0.2, 0.2, 0.4, 0.2] },
];

let made = 0;
const newFolder = () => path.join(scratch, `out${++made}`);
const read = (folder: string, name: string) => readFileSync(path.join(folder, name), 'utf8');

test('each format is written as its readers expect', async () => {
  const folder = newFolder();
  const files = await PredictionFiles.open(folder, classes, all);
  for (const prediction of predictions) await files.write(prediction);
  assert.equal(existsSync(path.join(folder, 'pred_ethnicities.txt')), false);
  await files.commit();
  assert.deepEqual(readdirSync(folder).sort(), [
    'pred_ethnicities.txt',
    'predictions.csv',
    'predictions.jsonl',
  ]);

  assert.equal(
    read(folder, 'pred_ethnicities.txt'),
    [
      'in/a b.jpg Asian',
      'in/say "hi", 張.jpg Indian',
      '"in/new\\nline.jpg" African',
      '"in/\\xff.jpg" Caucasian',
      '',
    ].join('\n'),
  );
  assert.equal(
    read(folder, 'predictions.csv'),
    [
      'path,label,confidence,African,Asian,Caucasian,Indian',
      'in/a b.jpg,Asian,0.700000,0.100000,0.700000,0.150000,0.050000',
      '"in/say ""hi"", 張.jpg",Indian,0.750000,0.000000,0.000000,0.250000,0.750000',
      '"in/new\nline.jpg",African,1.000000,1.000000,0.000000,0.000000,0.000000',
      '"""in/\\xff.jpg""",Caucasian,0.400000,0.200000,0.200000,0.400000,0.200000',
      '',
    ].join('\r\n'),
  );
  const rows = read(folder, 'predictions.jsonl').split('\n');
  assert.equal(rows.pop(), '');
  assert.match(rows[0], /"confidence":0\.700000,"African":0\.100000,/);
  assert.deepEqual(
    rows.map((row) => JSON.parse(row)),
    [
      ['in/a b.jpg', 'Asian', 0.7, 0.1, 0.7, 0.15, 0.05],
      ['in/say "hi", 張.jpg', 'Indian', 0.75, 0, 0, 0.25, 0.75],
      ['in/new\nline.jpg', 'African', 1, 1, 0, 0, 0],
      ['"in/\\xff.jpg"', 'Caucasian', 0.4, 0.2, 0.2, 0.4, 0.2],
    ].map(([path, label, confidence, African, Asian, Caucasian, Indian]) => ({
      ...{ path, label, confidence, African, Asian, Caucasian, Indian },
    })),
  );
});

test('only the wanted formats are written, and none before commit', async () => {
  const folder = newFolder();
  const files = await PredictionFiles.open(Buffer.from(folder), classes, ['txt', 'txt']);
  await files.write(predictions[0]);
  await files.discard();
  assert.deepEqual(readdirSync(folder), []);
});

test('failed inputs are listed one a line, whatever their names and reasons', async () => {
  const folder = newFolder();
  const files = await PredictionFiles.open(folder, classes, ['txt']);
  // Reported at once, as a pipeline with several decoders may.
  await Promise.all([
    files.fail(Buffer.from('in/tab\t.jpg'), 'not an\timage\nat all '),
    files.fail(bad, 'the file is empty'),
  ]);
  await files.commit();
  assert.equal(
    read(folder, 'failed.txt'),
    '"in/tab\\t.jpg"\tnot an image at all\n"in/\\xff.jpg"\tthe file is empty\n',
  );
  assert.equal(read(folder, 'pred_ethnicities.txt'), '');
});

test('failures of an earlier run do not stay', async () => {
  const folder = newFolder();
  const first = await PredictionFiles.open(folder, classes, ['txt']);
  await first.fail(bad, 'x');
  await first.commit();
  const second = await PredictionFiles.open(folder, classes, ['txt']);
  await second.commit();
  assert.deepEqual(readdirSync(folder), ['pred_ethnicities.txt']);
});

test('discarding keeps the results of an earlier run', async () => {
  const folder = newFolder();
  const first = await PredictionFiles.open(folder, classes, ['txt']);
  await first.commit();
  writeFileSync(path.join(folder, 'failed.txt'), 'older');
  const second = await PredictionFiles.open(folder, classes, all);
  await second.fail(bad, 'x');
  await second.discard();
  assert.deepEqual(readdirSync(folder).sort(), ['failed.txt', 'pred_ethnicities.txt']);
  assert.equal(read(folder, 'failed.txt'), 'older');
});

test('a label that is no class is a fault', async () => {
  const files = await PredictionFiles.open(newFolder(), classes, all);
  await assert.rejects(
    files.write({ ...predictions[0], label: 'asian' }),
    /"asian" is not a class/,
  );
  await files.discard();
});
