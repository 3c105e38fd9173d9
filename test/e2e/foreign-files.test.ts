/** Files in the folder of results that somebody else made, or that an earlier run did. */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const photographs = path.join(folder, 'photographs');
const MODEL = ['--ckpt', TINY_CLASSIFIER];

before(() => {
  const source = fixture('align/crops/upstream');
  mkdirSync(crops);
  for (const name of readdirSync(source).slice(0, 4)) {
    copyFileSync(path.join(source, name), path.join(crops, name));
  }
  mkdirSync(photographs);
  for (const name of ['a', 'b', 'c']) {
    copyFileSync(
      path.join(samplePhotographs(), 'sample2.jpg'),
      path.join(photographs, `${name}.jpg`),
    );
  }
});

let made = 0;
function folderWith(...names: string[]): string {
  const out = path.join(folder, `out${++made}`);
  mkdirSync(out);
  for (const name of names) writeFileSync(path.join(out, name), 'mine');
  return out;
}

const infer = (out: string, ...options: string[]) =>
  facecls(['infer', '--input_dir', crops, '--output_dir', out, ...MODEL, ...options]);
const align = (input: string, out: string, ...options: string[]) =>
  facecls(['align', '--in_dir', input, '--out_dir', out, ...options]);

for (const [name, ...options] of [
  ['0.jpg', '--visualize'],
  ['17.jpg', '--visualize'],
  ['predictions.csv', '--format', 'csv'],
  ['report.html', '--report'],
  ['failed.txt'],
  ['run.json'],
  ['pred_ethnicities.txt.partial'],
]) {
  test(`infer refuses a folder with a foreign ${name}, and --overwrite does not change that`, async () => {
    const out = folderWith(name);
    for (const more of [[], ['--overwrite']]) {
      const { code, stderr } = await infer(out, ...options, ...more);
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes(`holds ${name}, which no run of facecls recorded as its own`));
    }
    assert.deepEqual(readdirSync(out), [name]);
    assert.equal(readFileSync(path.join(out, name), 'utf8'), 'mine');
  });
}

test('infer leaves foreign files alone that are not in its way', async () => {
  const out = folderWith('0.jpg', 'predictions.csv', 'report.html', 'notes.txt');
  assert.equal((await infer(out)).code, 0);
  for (const name of ['0.jpg', 'predictions.csv', 'report.html', 'notes.txt']) {
    assert.equal(readFileSync(path.join(out, name), 'utf8'), 'mine');
  }
});

test('--overwrite removes what the earlier run made and this one does not, and nothing else', async () => {
  const out = folderWith('1.jpg.txt');
  const first = await infer(out, '--format', 'csv,jsonl', '--report', '--visualize');
  assert.equal(first.code, 0, first.stderr);
  writeFileSync(path.join(out, 'notes.txt'), 'mine');
  writeFileSync(path.join(out, '7.jpg'), 'mine');
  assert.equal((await infer(out, '--overwrite')).code, 0);
  assert.deepEqual(readdirSync(out).sort(), [
    ...['1.jpg.txt', '7.jpg', 'notes.txt', 'pred_ethnicities.txt', 'run.json'],
  ]);
});

test('a planted link is not written through', async () => {
  const victim = path.join(folder, 'victim');
  writeFileSync(victim, 'mine');
  const out = folderWith();
  symlinkSync(victim, path.join(out, 'pred_ethnicities.txt.partial'));
  assert.equal((await infer(out)).code, 2);
  const input = path.join(folder, 'planted');
  mkdirSync(input);
  copyFileSync(path.join(photographs, 'a.jpg'), path.join(input, 'a.jpg'));
  const faces = folderWith();
  symlinkSync(victim, path.join(faces, 'a.jpg_0.jpg'));
  assert.equal((await align(input, faces)).code, 3);
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
});

test('a foreign file or folder in the place of a crop fails its photograph alone', async () => {
  const out = folderWith('a.jpg_0.jpg');
  mkdirSync(path.join(out, 'b.jpg_0.jpg'));
  const { code, stderr } = await align(photographs, out);
  assert.equal(code, 3, stderr);
  assert.equal(readFileSync(path.join(out, 'a.jpg_0.jpg'), 'utf8'), 'mine');
  assert.ok(existsSync(path.join(out, 'c.jpg_0.jpg')));
  const rows = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8').trim().split('\n');
  const kinds = rows.map((row) => JSON.parse(row).status ?? 'face');
  assert.deepEqual(kinds, ['unreadable', 'unreadable', 'face']);
});

test('folders named like files of results fail their photographs alone', async () => {
  const input = path.join(folder, 'reserved');
  for (const name of [
    'align_manifest.jsonl',
    'align.json',
    'Align_Journal-1.jsonl',
    'a.jpg_0.jpg',
  ]) {
    mkdirSync(path.join(input, name), { recursive: true });
    copyFileSync(path.join(photographs, 'a.jpg'), path.join(input, name, 'x.jpg'));
  }
  copyFileSync(path.join(photographs, 'a.jpg'), path.join(input, 'a.jpg'));
  copyFileSync(path.join(photographs, 'a.jpg'), path.join(input, 'c.jpg'));
  const out = folderWith();
  for (const options of [[], ['--check_exists', '--retry_failed'], ['--overwrite']]) {
    const { code, stderr } = await align(input, out, ...options);
    assert.equal(code, 3, stderr);
    assert.ok(existsSync(path.join(out, 'c.jpg_0.jpg')));
    assert.match(stderr, /has the name of a file of results, align_manifest\.jsonl/);
  }
});

test('--overwrite removes the crops that are not written again', async () => {
  const input = path.join(folder, 'shrinking');
  mkdirSync(input);
  for (const name of ['a', 'b']) {
    copyFileSync(path.join(photographs, 'a.jpg'), path.join(input, `${name}.jpg`));
  }
  const out = folderWith();
  assert.equal((await align(input, out)).code, 0);
  writeFileSync(path.join(out, 'mine.jpg_0.jpg'), 'mine');
  const only = path.join(folder, 'only');
  mkdirSync(only);
  copyFileSync(path.join(photographs, 'a.jpg'), path.join(only, 'a.jpg'));
  assert.equal((await align(only, out, '--overwrite')).code, 0);
  const left = readdirSync(out).filter((name) => name.endsWith('.jpg'));
  assert.deepEqual(left.sort(), ['a.jpg_0.jpg', 'mine.jpg_0.jpg']);
});

test('--overwrite removes no file that only a crafted record calls its own', async () => {
  const out = folderWith('thesis.docx');
  assert.equal((await infer(out)).code, 0);
  const file = path.join(out, 'run.json');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  record.files.push({ name: 'thesis.docx', lines: 1, sha256: '' });
  writeFileSync(file, JSON.stringify(record));
  await infer(out, '--overwrite');
  assert.equal(readFileSync(path.join(out, 'thesis.docx'), 'utf8'), 'mine');
});

test('results of an earlier form of the record are refused in a sentence', async () => {
  const out = folderWith();
  assert.equal((await infer(out)).code, 0);
  const file = path.join(out, 'run.json');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  record.made_with = { command: 'infer', '--batch_size': 16 };
  writeFileSync(file, JSON.stringify(record));
  const { code, stderr } = await infer(out, '--resume');
  assert.equal(code, 2);
  assert.match(stderr, /were made by an earlier build of facecls/);
});
