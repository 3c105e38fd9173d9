import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Cursor } from '../../../src/batch/cursor.js';
import { Journal, listJournals, readJournal, removeJournals } from '../../../src/batch/journal.js';
import type { Entry } from '../../../src/tasks/entry.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

function newFolder(): string {
  const folder = path.join(scratch, String(++made));
  mkdirSync(folder);
  return folder;
}

const names = ['a.jpg', 'b\n.jpg', 'c\xff.jpg', 'sub/ä.jpg', '"quoted".jpg'].map((name) =>
  Buffer.from(name, 'latin1'),
);
const header = {
  made_with: { batch_size: 16 },
  given: { output: 'out', nul: false },
  owns: ['x.csv'],
};
const read = { facecls_journal: 2, ...header };

function entry(i: number): Entry {
  return { kind: 'prediction', probabilities: [i / 30, 1 - i / 30], width: i + 1, height: 2 };
}

async function writtenJournal(folder: string): Promise<string> {
  const journal = await Journal.create(folder, 'infer', header);
  for (const [i, name] of names.entries()) await journal.add(name, `${i}-1`, entry(i));
  await journal.close();
  return (await listJournals(folder, 'infer')).at(-1)!;
}

async function readAll(file: string) {
  const { header: found, records } = await readJournal(file);
  const all = [];
  for await (const { relative, stamp, entry } of records) {
    all.push([relative.toString('latin1'), stamp, entry]);
  }
  return { header: found, records: all };
}

const whole = names.map((name, i) => [name.toString('latin1'), `${i}-1`, entry(i)]);

test('what was written down comes back, every name and every bit', async () => {
  const found = await readAll(await writtenJournal(newFolder()));
  assert.deepEqual(found, { header: read, records: whole });
});

test('a journal that is cut off anywhere is read up to its last whole line', async () => {
  const content = readFileSync(await writtenJournal(newFolder()));
  const ends = [...content.keys()].filter((at) => content[at] === 0x0a);
  assert.equal(ends.length, names.length + 1);
  const file = path.join(scratch, 'cut.jsonl');
  for (let length = 0; length <= content.length; length++) {
    const lines = ends.filter((end) => end < length).length;
    for (const tail of ['', '\0\0\0\0\n', '\0'.repeat(500)]) {
      writeFileSync(file, Buffer.concat([content.subarray(0, length), Buffer.from(tail)]));
      const found = await readAll(file);
      assert.deepEqual(found.header, lines > 0 ? read : undefined);
      assert.deepEqual(found.records, whole.slice(0, Math.max(lines - 1, 0)), `${length}`);
    }
  }
});

test('a damaged line ends it: nothing that was not written is read', async () => {
  const content = readFileSync(await writtenJournal(newFolder()));
  const file = path.join(scratch, 'damaged.jsonl');
  for (let at = 0; at < content.length; at++) {
    const damaged = Buffer.from(content);
    damaged[at] ^= 1 << (at % 8);
    writeFileSync(file, damaged);
    const { records } = await readAll(file);
    assert.deepEqual(records, whole.slice(0, records.length), `byte ${at}`);
  }
});

test('every run has a journal of its own, and they come in the order of the runs', async () => {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'infer_journal-x.jsonl'), '');
  writeFileSync(path.join(folder, 'infer_journal-9.jsonl'), '');
  writeFileSync(path.join(folder, 'align_journal-20.jsonl'), '');
  for (let i = 0; i < 3; i++) await (await Journal.create(folder, 'infer', header)).close();
  assert.deepEqual(
    (await listJournals(folder, 'infer')).map((file) => path.basename(file)),
    [9, 10, 11, 12].map((i) => `infer_journal-${i}.jsonl`),
  );
  await removeJournals(folder, 'infer');
  assert.deepEqual(await listJournals(folder, 'infer'), []);
  assert.deepEqual(await listJournals(path.join(folder, 'absent'), 'infer'), []);
});

async function* records(keys: readonly string[]) {
  for (const key of keys)
    yield {
      relative: Buffer.from(key),
      stamp: undefined,
      entry: { kind: 'failed' as const, reason: key.toUpperCase(), mayPass: false },
    };
  return undefined;
}

async function taken(kept: string[], inputs: string[], listed: boolean): Promise<string> {
  const cursor = new Cursor(records(kept), listed);
  const found = [];
  for (const input of inputs) {
    const kept = await cursor.take(Buffer.from(input));
    found.push(kept?.entry.kind === 'failed' ? kept.entry.reason : '-');
  }
  await cursor.close();
  return found.join('');
}

test('a walk finds its records whatever has come or gone', async () => {
  assert.equal(
    await taken(['b', 'c', 'e', 'g'], ['a', 'b', 'd', 'e', 'f', 'g', 'h'], false),
    '-B-E-G-',
  );
  assert.equal(await taken([], ['a', 'b'], false), '--');
  assert.equal(await taken(['x'], ['a', 'b'], false), '--');
});

test('a list finds its records in its own order, a name twice as well', async () => {
  assert.equal(await taken(['c', 'a', 'c'], ['c', 'b', 'a', 'c', 'd'], true), 'C-AC-');
  // What is no longer listed hides the rest, which is only computed again.
  assert.equal(await taken(['c', 'a', 'b'], ['c', 'b'], true), 'C-');
});
