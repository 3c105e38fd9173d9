/** What evaluate, consensus and convert do where there are files already. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const scratch = temporaryFolder();
let made = 0;
const newFolder = () => {
  const folder = path.join(scratch, `${++made}`);
  mkdirSync(folder);
  return folder;
};

function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(path.join(folder, name), 'latin1')]),
  );
}

const predictions = fixture('evaluate/predictions.csv');
const EVALUATE = [
  'evaluate',
  '--predictions',
  predictions,
  '--labels',
  fixture('evaluate/labels.csv'),
];
const CONSENSUS = ['consensus', '--predictions', predictions];
const COMMANDS = [
  { args: EVALUATE, record: 'metrics.json', name: 'confusion.csv' },
  { args: CONSENSUS, record: 'summary.json', name: 'Asian.txt' },
];

test('results are replaced with --overwrite alone, and only files of an earlier run', async () => {
  for (const { args, record, name } of COMMANDS) {
    const out = newFolder();
    const run = (...more: string[]) => facecls([...args, '--output_dir', out, '--json', ...more]);
    const first = await run();
    assert.equal(first.code, 0, first.stderr);
    const before = contentOf(out);
    const { files } = JSON.parse(before[record]);
    assert.deepEqual(JSON.parse(first.stdout).files, files);
    const listed = files.map((file: { name: string }) => file.name);
    assert.deepEqual([...listed, record].sort(), Object.keys(before));

    const refused = await run();
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--output_dir .*: holds .* of an earlier run; .*--overw/);
    assert.deepEqual(contentOf(out), before);
    const replaced = await run('--overwrite');
    assert.equal(replaced.code, 0, replaced.stderr);
    assert.deepEqual(contentOf(out), before);

    const users = newFolder();
    writeFileSync(path.join(users, name), 'of a user');
    const foreign = await facecls([...args, '--output_dir', users, '--overwrite']);
    assert.equal(foreign.code, 2);
    assert.match(foreign.stderr, new RegExp(`holds ${name}, which no run of facecls recorded`));
    assert.deepEqual(contentOf(users), { [name]: 'of a user' });
  }
});

test('results of 0.1.0, whose record lists no files, count as own', async () => {
  for (const { args, record } of COMMANDS) {
    const out = newFolder();
    await facecls([...args, '--output_dir', out]);
    const before = contentOf(out);
    const { files: _, ...old } = JSON.parse(before[record]);
    writeFileSync(path.join(out, record), JSON.stringify(old));
    const { code, stderr } = await facecls([...args, '--output_dir', out, '--overwrite']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(contentOf(out), before);
  }
});

test('a calibration that is no more goes with its run', async () => {
  const out = newFolder();
  await facecls([...EVALUATE, '--output_dir', out]);
  assert.ok(readdirSync(out).includes('calibration.png'));
  const rows = readFileSync(predictions, 'utf8').split('\r\n').slice(1, -1);
  const txt = rows.map((row) => `${row.split(',').slice(0, 2).join(' ')}\n`).join('');
  const { code, stderr } = await facecls(
    [...EVALUATE, '--predictions', '-', '--output_dir', out, '--overwrite'],
    { input: txt },
  );
  assert.equal(code, 0, stderr);
  assert.ok(!readdirSync(out).includes('calibration.png'));
});

test('convert replaces what --out names with --overwrite alone, and nothing but a file', async () => {
  const folder = newFolder();
  const out = path.join(folder, 'model.onnx');
  const args = ['convert', '--ckpt', fixture('checkpoints/half.ckpt'), '--out'];
  writeFileSync(out, 'of a user');
  const refused = await facecls([...args, out]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^facecls: --out .*model\.onnx: is there already; .*--overwrite/);
  assert.deepEqual(contentOf(folder), { 'model.onnx': 'of a user' });
  // Another process may write it at the same time; a planted link has no say.
  symlinkSync(path.join(scratch, 'planted'), path.join(folder, 'model.onnx.partial'));
  const replaced = await Promise.all([1, 2].map(() => facecls([...args, out, '--overwrite'])));
  for (const { code, stderr } of replaced) assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(folder).sort(), ['model.onnx', 'model.onnx.partial']);
  assert.ok(!readdirSync(scratch).includes('planted'));
  for (const other of [folder, '/dev/null']) {
    const { code, stderr } = await facecls([...args, other, '--overwrite']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^facecls: --out .*: is (a folder|no regular file); give another name/);
  }
});
