import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  PredictionFiles,
  type PredictionFormat,
  type PredictionRow,
} from '../../../src/outputs/predictions.js';
import { commit } from '../../../src/outputs/sink.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'facecls-predictions-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const classes = ['African', 'Asian', 'Caucasian', 'Indian'];
const all: PredictionFormat[] = ['txt', 'csv', 'jsonl'];
const bad = Buffer.concat([Buffer.from('in/'), Buffer.from([0xff]), Buffer.from('.jpg')]);
const predictions: PredictionRow[] = [
  {
    kind: 'prediction',
    path: Buffer.from('in/a b.jpg'),
    label: 'Asian',
    probabilities: [0.1, 0.7, 0.15, 0.05],
  },
  {
    kind: 'prediction',
    path: Buffer.from('in/say "hi", 張.jpg'),
    label: 'Indian',
    probabilities: new Float32Array([0, 1e-7, 0.25, 0.7499999]),
  },
  {
    kind: 'prediction',
    path: Buffer.from('in/new\nline.jpg'),
    label: 'African',
    probabilities: [1, 0, 0, 0],
  },
  { kind: 'prediction', path: bad, label: 'Caucasian', probabilities: [0.2, 0.2, 0.4, 0.2] },
];

async function openFiles(
  folder: string,
  formats: readonly PredictionFormat[],
): Promise<PredictionFiles> {
  const files = new PredictionFiles(folder, classes, formats);
  await files.open();
  return files;
}

let made = 0;
const newFolder = () => path.join(scratch, `out${++made}`);
const read = (folder: string, name: string) => readFileSync(path.join(folder, name), 'utf8');

test('each format is written as its readers expect', async () => {
  const folder = newFolder();
  const files = await openFiles(folder, all);
  for (const prediction of predictions) await files.write(prediction);
  assert.equal(existsSync(path.join(folder, 'pred_ethnicities.txt')), false);
  await commit(files);
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
  const files = await openFiles(folder, ['txt', 'txt']);
  await files.write(predictions[0]);
  await files.discard();
  assert.deepEqual(readdirSync(folder), []);
});

test('failed inputs are listed one a line, whatever their names and reasons', async () => {
  const folder = newFolder();
  const files = await openFiles(folder, ['txt']);
  // Reported at once, as a pipeline with several decoders may.
  await Promise.all([
    files.write({
      kind: 'failed',
      path: Buffer.from('in/tab\t.jpg'),
      reason: 'not an\timage\nat all ',
    }),
    files.write({ kind: 'failed', path: bad, reason: 'the file is empty' }),
  ]);
  await commit(files);
  assert.equal(
    read(folder, 'failed.txt'),
    '"in/tab\\t.jpg"\tnot an image at all\n"in/\\xff.jpg"\tthe file is empty\n',
  );
  assert.equal(read(folder, 'pred_ethnicities.txt'), '');
});

test('discarding keeps the results of an earlier run', async () => {
  const folder = newFolder();
  const first = await openFiles(folder, ['txt']);
  await commit(first);
  writeFileSync(path.join(folder, 'failed.txt'), 'older');
  const second = await openFiles(folder, all);
  await second.write({ kind: 'failed', path: bad, reason: 'x' });
  await second.discard();
  assert.deepEqual(readdirSync(folder).sort(), ['failed.txt', 'pred_ethnicities.txt']);
  assert.equal(read(folder, 'failed.txt'), 'older');
});

test('a label that is no class is a fault', async () => {
  const files = await openFiles(newFolder(), all);
  await assert.rejects(
    files.write({ ...predictions[0], label: 'asian' } as PredictionRow),
    /"asian" is not a class/,
  );
  await files.discard();
});
