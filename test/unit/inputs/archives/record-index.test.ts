/** The index beside a RecordIO file is held against it, and never believed. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../support/cli.js';
import { dataset, open, outcome } from './read-archive.js';

const folder = temporaryFolder();
const INDEX = readFileSync(dataset('train.idx'), 'latin1');
const LINES = INDEX.trimEnd().split('\n');
/** MXNet's: record 0, 60 images, 12 records of identities. */
const RECORDS = 73;
let made = 0;

/** A copy of train.rec, cut to `size` bytes, with an index beside it. */
function withIndex(index: string, size?: number): string {
  const file = path.join(folder, `${++made}.rec`);
  writeFileSync(file, readFileSync(dataset('train.rec')).subarray(0, size));
  writeFileSync(file.replace(/rec$/, 'idx'), index, 'latin1');
  return file;
}

async function unfitIndexOf(file: string) {
  const archive = await open(file);
  for await (const entry of archive.members()) assert.notEqual(entry.kind, 'damage');
  return archive.notices.unfitIndex;
}

test("MXNet's own index fits, in any order of its lines and however they end", async () => {
  assert.equal(LINES.length, RECORDS);
  assert.equal(await unfitIndexOf(dataset('train.rec')), undefined);
  for (const index of [
    LINES.toReversed().join('\n'),
    `${LINES.join('\r\n')}\r\n`,
    INDEX.replace(/^0\t/, '-1\t'),
  ]) {
    assert.equal(await unfitIndexOf(withIndex(index)), undefined);
  }
  const plain = path.join(folder, 'without.rec');
  copyFileSync(dataset('plain.rec'), plain);
  assert.equal(await unfitIndexOf(plain), undefined);
});

test('a file that was cut between two records is told by its index alone', async () => {
  const [, last] = LINES[RECORDS - 1].split('\t').map(Number);
  const cut = withIndex(INDEX, last);
  assert.deepEqual(await unfitIndexOf(cut), { entries: RECORDS, records: RECORDS - 1 });
  const { names, damage } = await outcome(cut);
  assert.equal(names.length, 60);
  assert.equal(damage, undefined);
});

test('an index of other places, of fewer records, or of something else does not fit', async () => {
  const moved = INDEX.replace('\t40\n', '\t44\n');
  const exchanged = INDEX.replace('\t40\n', '\t41\n').replace(/(\d+)\n$/, (_, at) => `${at - 1}\n`);
  const fewer = LINES.slice(1).join('\n');
  for (const [index, entries] of [
    [moved, RECORDS],
    [exchanged, RECORDS],
    [fewer, RECORDS - 1],
    [`${INDEX}${INDEX}`, 2 * RECORDS],
    ['', 0],
    ['not an index', undefined],
    [`0\t0\n${'1'.repeat(100)}\t40\n`, undefined],
    ['\0'.repeat(1000), undefined],
  ] as const) {
    assert.deepEqual(await unfitIndexOf(withIndex(index)), { entries, records: RECORDS });
  }
  assert.deepEqual(await unfitIndexOf(dataset('odd/bad-index.rec')), { entries: 5, records: 5 });
  assert.deepEqual(await unfitIndexOf(dataset('odd/other-index.rec')), { entries: 5, records: 5 });
});

test('whoever leaves early is told nothing', async () => {
  const archive = await open(withIndex('not an index'));
  for await (const _ of archive.members()) break;
  assert.equal(archive.notices.unfitIndex, undefined);
});
