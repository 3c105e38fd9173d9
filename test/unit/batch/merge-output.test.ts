import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { mergeShards } from '../../../src/batch/merge/merge.js';
import { temporaryFolder } from '../../support/cli.js';
import {
  changeRecord,
  INPUTS,
  shardOf,
  textsOf,
  writeShards,
} from '../../support/shard-results.js';

const scratch = temporaryFolder();
let made = 0;

const newFolder = () => path.join(scratch, `${++made}`);

/** Every file in the folder with its text; folders by their names. */
function contentOf(folder: string): [string, string][] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const named = entries.map((entry): [string, string] => [
    entry.name,
    entry.isFile() ? readFileSync(path.join(folder, entry.name), 'utf8') : '',
  ]);
  return named.sort(([a], [b]) => (a < b ? -1 : 1));
}

test('a file that no run recorded is not replaced, and named', async () => {
  for (const name of ['pred_ethnicities.txt', 'failed.txt', 'run.json']) {
    const folder = writeShards(newFolder(), 'infer');
    writeFileSync(path.join(folder, name), 'of a user');
    const before = contentOf(folder);
    for (const overwrite of [false, true]) {
      await assert.rejects(
        mergeShards([folder], folder, overwrite),
        new RegExp(`holds ${name.replace('.', '\\.')}, which no run of facecls recorded`),
      );
      assert.deepEqual(contentOf(folder), before);
    }
  }
});

test('an earlier merge is replaced with --overwrite alone, and its further files go', async () => {
  const folder = writeShards(newFolder(), 'infer');
  const users = { '0.jpg': 'of a user', 'align_manifest.jsonl': 'another', 'notes.txt': 'mine' };
  for (const [name, text] of Object.entries(users)) writeFileSync(path.join(folder, name), text);
  await mergeShards([folder], folder, false);
  const first = contentOf(folder);
  await assert.rejects(mergeShards([folder], folder, false), /of an earlier run; .*--overwrite/);
  assert.deepEqual(contentOf(folder), first);

  // Without csv and jsonl this time.
  for (const index of [0, 1]) {
    for (const name of ['predictions.csv', 'predictions.jsonl']) forget(folder, index, name);
  }
  await mergeShards([folder], folder, true);
  const expected = textsOf('infer', INPUTS);
  const texts = Object.fromEntries(contentOf(folder));
  assert.deepEqual(Object.keys(texts).sort(), [
    ...['0.jpg', 'align_manifest.jsonl', 'failed.txt', 'notes.txt', 'pred_ethnicities.txt'],
    ...['run.json', 'shard-0-of-2', 'shard-1-of-2'],
  ]);
  for (const [name, text] of Object.entries(users)) assert.equal(texts[name], text);
  assert.equal(texts['pred_ethnicities.txt'], expected['pred_ethnicities.txt']);
});

/** Takes a file out of a shard and its record. */
function forget(folder: string, index: number, name: string): void {
  changeRecord(shardOf(folder, index), (record) => {
    record.files = (record.files as { name: string }[]).filter((file) => file.name !== name);
  });
  rmSync(path.join(shardOf(folder, index), name));
}

test('the record of a merge counts its files, and one of 0.1.0 counts as own', async () => {
  const folder = writeShards(newFolder(), 'infer');
  await mergeShards([folder], folder, false);
  const record = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8'));
  const lines = Object.fromEntries(
    record.files.map((file: { name: string; lines: number }) => [file.name, file.lines]),
  );
  assert.deepEqual(lines, {
    ...{ 'failed.txt': 5, 'pred_ethnicities.txt': 15 },
    ...{ 'predictions.csv': 16, 'predictions.jsonl': 15 },
  });
  assert.equal(record.made_with.shard, null);
  delete record.files;
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify(record));
  await mergeShards([folder], folder, true);
});

test('a list gives the order, and inputs that it has twice stay', async () => {
  const inputs = INPUTS.toReversed();
  inputs.push(inputs[3], inputs[3], inputs[8]);
  for (const command of ['infer', 'run', 'align'] as const) {
    const list = path.join(scratch, 'list.txt');
    writeFileSync(list, inputs.map((name) => `${name}\n`).join(''));
    const folder = writeShards(newFolder(), command, { file: list, inputs });
    await mergeShards([folder], folder, false);
    const texts = Object.fromEntries(contentOf(folder));
    for (const [name, text] of Object.entries(textsOf(command, inputs))) {
      assert.equal(texts[name], text, `${command} ${name}`);
    }
  }
});

test('inputs that the list does not have, or has elsewhere, are refused', async () => {
  const list = path.join(scratch, 'list.txt');
  for (const listed of [INPUTS.slice(1), INPUTS.toReversed()]) {
    writeFileSync(list, listed.map((name) => `${name}\n`).join(''));
    const folder = writeShards(newFolder(), 'infer', { file: list, inputs: INPUTS });
    const out = newFolder();
    await assert.rejects(mergeShards([folder], out, false), /which the list .* does not name/);
    assert.ok(!readdirSync(scratch).includes(path.basename(out)));
  }
});

test('a list that is no file is not read', async () => {
  const folder = writeShards(newFolder(), 'infer', { file: '/dev/zero', inputs: INPUTS });
  await assert.rejects(mergeShards([folder], newFolder(), false), /is no longer the list/);
});
