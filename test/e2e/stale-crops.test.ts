/** Crops of earlier runs that are of no result any more. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { xxh32 } from '../../src/files/xxh32.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { smallPhotographs } from '../support/small-photographs.js';

const folder = temporaryFolder();
const prepared = path.join(folder, 'prepared');
/** One face each. */
let names: string[];

before(async () => {
  await smallPhotographs(prepared);
  const out = path.join(folder, 'tried');
  await facecls(['align', '--in_dir', prepared, '--out_dir', out]);
  names = crops(out).map((crop) => crop.replace(/_\d+\.jpg$/, ''));
  assert.ok(names.length >= 2);
});

const crops = (out: string) =>
  readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => /_\d+\.(jpg|png)$/.test(name))
    .sort();

/** Photographs of its own, with what aligns them. */
function aligned(name: string) {
  const input = path.join(folder, name, 'in');
  const out = path.join(folder, name, 'out');
  cpSync(prepared, input, { recursive: true });
  const align = async (...options: string[]) => {
    const args = ['align', '--in_dir', input, '--out_dir', out, ...options, '--json'];
    const { code, stdout, stderr } = await facecls(args);
    assert.ok(code === 0 || code === 3, stderr);
    return { counts: JSON.parse(stdout).counts, stderr };
  };
  return { input, out, align };
}

test('--check_exists removes crops of a photograph that has no face any more', async () => {
  const { input, out, align } = aligned('replaced');
  await align();
  const all = crops(out);
  writeFileSync(path.join(input, names[0]), 'no picture any more');
  const { counts } = await align('--check_exists');
  assert.equal(counts.replaced, 1);
  assert.deepEqual(
    crops(out),
    all.filter((crop) => !crop.startsWith(`${names[0]}_`)),
  );
  assert.equal(counts.left_crops, 0);
});

test('crops of a photograph that is gone stay and are told, until --overwrite', async () => {
  const { input, out, align } = aligned('gone');
  await align();
  const all = crops(out);
  const own = all.filter((crop) => crop.startsWith(`${names[0]}_`));
  rmSync(path.join(input, names[0]));
  const { counts, stderr } = await align('--check_exists');
  assert.equal(counts.left_crops, own.length);
  assert.match(
    stderr,
    /1 crop left of photographs that are gone or could not be read now: move them away/,
  );
  assert.deepEqual(crops(out), all);
  await align('--overwrite');
  assert.deepEqual(
    crops(out),
    all.filter((crop) => !own.includes(crop)),
  );
});

test('an --overwrite that was cut off and gone on with leaves no crop of what it replaces', async () => {
  const { out, align } = aligned('overwritten');
  await align();
  const all = crops(out);
  const whole = path.join(folder, 'overwritten', 'whole');
  cpSync(out, whole, { recursive: true });
  await align('--overwrite', '--crop_format', 'png');
  // As if it had ended before it gave the manifest its name: that and the crops are the earlier run's.
  for (const name of ['align_manifest.jsonl', 'align.json', ...all]) {
    copyFileSync(path.join(whole, name), path.join(out, name));
  }
  await align('--check_exists', '--crop_format', 'png');
  assert.deepEqual(
    crops(out),
    all.map((crop) => crop.replace(/jpg$/, 'png')),
  );
});

test('--overwrite removes the crops of a run that never finished, and no other file', async () => {
  const { out, align } = aligned('unfinished');
  await align();
  const all = crops(out);
  for (const name of ['align_manifest.jsonl', 'align.json']) rmSync(path.join(out, name));
  mkdirSync(path.join(out, 'mine'));
  const foreign = ['mine/portrait.jpg_0.jpg', `${names[0]}_77.jpg`];
  for (const name of foreign) writeFileSync(path.join(out, name), 'somebody else');
  await align('--overwrite', '--crop_format', 'png');
  assert.deepEqual(
    crops(out),
    [...all.map((crop) => crop.replace(/jpg$/, 'png')), ...foreign].sort(),
  );
});

test('run --overwrite without --save_crops removes the crops that it replaces', async () => {
  const output = path.join(folder, 'run');
  const run = (...options: string[]) =>
    facecls(['run', '--input_dir', prepared, '--output_dir', output, ...options]);
  assert.equal((await run('--save_crops')).code, 0);
  assert.ok(crops(output).length >= 2);
  assert.equal((await run('--overwrite')).code, 0);
  assert.deepEqual(crops(output), []);
});

test('a manifest and a journal that name what is no crop do no harm', async () => {
  const { out, align } = aligned('hostile');
  await align();
  const all = crops(out);
  const manifest = path.join(out, 'align_manifest.jsonl');
  for (const name of [`${names[0]}_x`, '../outside_0.jpg', `${names[0]}_7.gif`]) {
    const crop = `${out}/${name}`;
    writeFileSync(crop, 'somebody else');
    appendFileSync(manifest, `${JSON.stringify({ source: 'x', crop })}\n`);
  }
  const { counts } = await align('--check_exists');
  assert.equal(counts.left_crops, 0);
  assert.deepEqual(crops(out), all);
  const header = { facecls_journal: 99, made_with: { command: 'align', crop_format: 'jpg' } };
  const json = JSON.stringify(header);
  const sum = xxh32(Buffer.from(json), 0, 0).toString(16).padStart(8, '0');
  writeFileSync(path.join(out, 'align_journal-9.jsonl'), `${sum} ${json}\n`);
  await align('--overwrite');
  assert.deepEqual(crops(out), all);
  assert.ok(existsSync(path.join(out, '../outside_0.jpg')));
});
