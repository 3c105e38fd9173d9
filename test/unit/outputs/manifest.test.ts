import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { formatRow, Manifest, type ManifestRow } from '../../../src/outputs/manifest.js';
import { commit } from '../../../src/outputs/sink.js';
import { temporaryFolder } from '../../support/cli.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

const face = (source: string, k = 0): ManifestRow => ({
  kind: 'face',
  source: bytes(source),
  face: k,
  crop: bytes(`out/${source}_${k}.jpg`),
  score: 0.999876543210987,
  box: [10.123456, -3, 100.00004, 250.5],
  landmarks: [
    [1.00001, 2],
    [3, 4.99999],
    [5, 6],
    [7, 8],
    [9, 10],
  ],
  matrix: [
    [0.12345678901234, -1e-12 / 3, 1234.56789012345],
    [1, 0, -0.00001234567890123],
  ],
  overlaps: k === 0 ? null : 0,
});

test('a face is one object with the fields of the contract', () => {
  assert.deepEqual(JSON.parse(formatRow(face('in/照.jpg', 2))), {
    source: bytes('in/照.jpg').toString(),
    face: 2,
    crop: `out/${bytes('in/照.jpg')}_2.jpg`,
    score: 0.99987654,
    box: [10.1235, -3, 100, 250.5],
    landmarks: [
      [1, 2],
      [3, 5],
      [5, 6],
      [7, 8],
      [9, 10],
    ],
    matrix: [
      [0.123456789, -3.333333333e-13, 1234.56789],
      [1, 0, -0.0000123456789],
    ],
    overlaps: 0,
  });
});

test('an image without a face has a status and a reason', () => {
  const row = formatRow({
    kind: 'status',
    source: bytes('a\xff'),
    status: 'unreadable',
    reason: 'two\nlines',
  });
  assert.doesNotMatch(row, /\n/);
  assert.deepEqual(JSON.parse(row), {
    source: '"a\\xff"',
    status: 'unreadable',
    reason: 'two\nlines',
  });
  const noCrop = { ...face('a'), crop: null };
  assert.equal(JSON.parse(formatRow(noCrop)).crop, null);
});

test('rows stand one a line, in the order they were written', async () => {
  const folder = temporaryFolder();
  const manifest = new Manifest(folder);
  await manifest.open();
  const rows = [face('a'), face('a', 1), face('b\xff')];
  for (const row of rows) await manifest.write(row);
  await commit(manifest);
  assert.equal(
    readFileSync(path.join(folder, 'align_manifest.jsonl'), 'utf8'),
    `${rows.map(formatRow).join('\n')}\n`,
  );
});
