import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { publish } from '../../../src/files/atomic.js';
import { PredictionFiles } from '../../../src/outputs/predictions.js';
import { openPredictions } from '../../../src/outputs/read-predictions.js';

const folder = mkdtempSync(path.join(tmpdir(), 'facecls-formulas-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const PATHS = ['=1+1.jpg', '+a.jpg', '-a.jpg', '@a.jpg', '\ta.jpg', '"=a.jpg', '-0.5', 'a,=b.jpg'];

test('paths that a spreadsheet would run are quoted in predictions.csv and read back from it', async () => {
  const files = new PredictionFiles(folder, ['A', 'B'], ['csv', 'jsonl']);
  await files.open();
  for (const text of PATHS) {
    const row = { kind: 'prediction', path: Buffer.from(text), label: 'A' } as const;
    await files.write({ ...row, probabilities: [0.75, 0.25] });
  }
  await publish(await files.seal());
  for (const name of ['predictions.csv', 'predictions.jsonl']) {
    const read: string[] = [];
    for await (const batch of (await openPredictions(path.join(folder, name))).batches) {
      read.push(...batch.map((prediction) => prediction.path.toString()));
    }
    assert.deepEqual(read, PATHS, name);
  }
  const text = readFileSync(path.join(folder, 'predictions.csv'));
  const rows: string[][] = parse(text, { record_delimiter: '\r\n' });
  for (const [cell] of rows) assert.match(cell, /^([^=+\-@\t\r]|-0\.5$)/);
});

test('a reason in failed.txt has no control character', async () => {
  const files = new PredictionFiles(folder, ['A', 'B'], []);
  await files.open();
  const reason = 'bad\u001b[2J\u202e\ndata';
  await files.write({ kind: 'failed', path: Buffer.from('a\u001b.jpg'), reason });
  await publish(await files.seal());
  const text = readFileSync(path.join(folder, 'failed.txt'), 'utf8');
  assert.equal(text, '"a\\u001b.jpg"\tbad\\u001b[2J\\u202e data\n');
});
