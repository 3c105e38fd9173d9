/** The column of the better face: written, and read back. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CLASS_NAMES } from '../../../src/classify/labels.js';
import { PredictionFiles, type PredictionRow } from '../../../src/outputs/predictions.js';
import { openPredictions } from '../../../src/outputs/read-predictions.js';
import { commit } from '../../../src/outputs/sink.js';
import { temporaryFolder } from '../../support/cli.js';

const folder = temporaryFolder();

const row = (index: number, overlaps?: number | null): PredictionRow => ({
  kind: 'prediction',
  path: Buffer.from(`a.jpg#${index}`),
  label: 'Asian',
  probabilities: [0, 0.75, 0.25, 0],
  ...(overlaps === undefined ? {} : { overlaps }),
});

async function betterFaces(file: string) {
  const { batches } = await openPredictions(file);
  const all: (number | undefined)[] = [];
  for await (const batch of batches) all.push(...batch.map(({ overlaps }) => overlaps));
  return all;
}

test('faces are written with the better face that they overlap, and read back with it', async () => {
  const files = new PredictionFiles(folder, CLASS_NAMES, ['csv', 'jsonl'], 'faces');
  await files.open();
  for (const better of [null, 0, null, 2]) await files.write(row(0, better));
  await commit(files);
  const csv = readFileSync(path.join(folder, 'predictions.csv'), 'utf8');
  assert.match(csv, /^path,label,confidence,African,Asian,Caucasian,Indian,overlaps\r\n/);
  assert.match(csv, /,0\.000000,\r\na\.jpg#0,.*,0\.000000,0\r\n/);
  const jsonl = readFileSync(path.join(folder, 'predictions.jsonl'), 'utf8');
  assert.match(jsonl, /"Indian":0\.000000,"overlaps":null\}\n\{.*,"overlaps":0\}\n/);
  for (const name of ['predictions.csv', 'predictions.jsonl']) {
    assert.deepEqual(await betterFaces(path.join(folder, name)), [undefined, 0, undefined, 2]);
  }
});

test('files of images have no such column', async () => {
  const files = new PredictionFiles(folder, CLASS_NAMES, ['csv', 'jsonl']);
  await files.open();
  await files.write(row(0));
  await commit(files);
  for (const name of ['predictions.csv', 'predictions.jsonl']) {
    assert.doesNotMatch(readFileSync(path.join(folder, name), 'utf8'), /overlaps/);
    assert.deepEqual(await betterFaces(path.join(folder, name)), [undefined]);
  }
});

test('what is no number of a face is refused with its line', async () => {
  for (const content of [
    'path,label,overlaps\r\na#0,Asian,\r\na#1,Asian,-1\r\n',
    'path,label,overlaps\r\na#0,Asian,\r\na#1,Asian,none\r\n',
    '{"path":"a#0","label":"Asian","overlaps":null}\n{"path":"a#1","label":"Asian","overlaps":"0"}\n',
  ]) {
    const file = path.join(folder, 'bad');
    writeFileSync(file, content);
    await assert.rejects(
      betterFaces(file),
      /bad, line [23]: expected the number of a face, from 0/,
    );
  }
});
