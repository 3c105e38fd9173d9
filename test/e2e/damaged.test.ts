/** Files damaged by chance, through the commands: one bad file costs nothing but itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { facecls, temporaryFolder } from '../support/cli.js';
import {
  BMP,
  damagedFiles,
  everyFormat,
  type NamedFile,
  seededRandom,
  withTag,
} from '../support/damaged-files.js';
import { fixture, samplePhotographs } from '../support/fixture.js';
import { folderOf, infer, names } from '../support/infer-damaged.js';

const SEED = 20231002;
const folder = temporaryFolder();
const crop = readFileSync(fixture('align/crops/upstream/sample2.jpg_0.png'));
const newFolder = (name: string, files: readonly NamedFile[]) =>
  folderOf(path.join(folder, name), files);

/** `good` once for every so many of `damaged`, between them in the order of names. */
function mixed(good: readonly NamedFile[], damaged: readonly NamedFile[], every: number) {
  const between = damaged
    .filter((_, index) => index % every === 0)
    .map(({ name }, index) => {
      const { name: goodName, content } = good[index % good.length];
      return { name: `${name.slice(0, 5)}-good-${goodName}`, content };
    });
  return [...damaged, ...between];
}

test('infer lists each of 1,216 damaged files, and labels all others', async (t) => {
  const good = await everyFormat(crop, 48);
  const damaged = damagedFiles([...good, BMP], 1216, seededRandom(SEED));
  const all = mixed(good, damaged, 10);
  // Damaged headers may ask for large images; those would only take time.
  const options = ['--max_megapixels', '0.05'];
  const alone = await infer(newFolder('good', good), options);
  assert.equal(alone.code, 0, alone.stderr);
  assert.equal(alone.predicted.size, good.length);
  // Other forms of the same pixels: what they get without the damaged files is right.
  for (const form of ['interlaced.png', 'plain.tif', 'lzw.tif', 'tiles.tif', 'lossless.webp']) {
    const difference = alone.predicted.get(form)!.African - alone.predicted.get('rgb.png')!.African;
    assert.ok(Math.abs(difference) < 1e-5, form);
  }

  const { code, predicted, failed } = await infer(newFolder('damaged', all), options);
  assert.equal(code, 3);
  assert.deepEqual(
    names([...predicted.keys(), ...failed.keys()]),
    names(all.map(({ name }) => name)),
  );
  for (const { name } of all) {
    const [, goodName] = name.split('-good-');
    if (goodName === undefined) continue;
    const [found, expected] = [predicted.get(name), alone.predicted.get(goodName)];
    assert.equal(found?.label, expected?.label, name);
    assert.ok(Math.abs(found!.African - expected!.African) < 1e-5, name);
  }
  // Damage that nothing notices is the exception (a flipped bit among uncompressed pixels).
  assert.ok(failed.size > damaged.length / 2, `${failed.size}`);
  t.diagnostic(`${failed.size} of ${damaged.length} damaged files are listed as failed`);
});

test('damage in files that are too large as well does not end the run', async () => {
  const good = await everyFormat(crop, 48);
  const small = await everyFormat(crop, 16);
  const damaged = damagedFiles(good, 576, seededRandom(SEED + 1));
  // More channels than sharp takes: of this one it does not even tell the size.
  const channels = withTag(good.find(({ name }) => name === 'plain.tif')!.content, 277, 7);
  const all = [...mixed(small, damaged, 32), { name: 'channels.tif', content: channels }];
  const limit = ['--max_megapixels', '0.0005'];
  const { predicted, failed } = await infer(newFolder('too-large', all), limit);
  assert.equal(predicted.size + failed.size, all.length);
  for (const { name } of all) if (name.includes('-good-')) assert.ok(predicted.has(name), name);
  const reasons = [...failed.values()];
  assert.ok(
    reasons.filter((reason) => /more than --max_megapixels 0.0005/.test(reason)).length > 9,
  );
  assert.equal(
    failed.get('channels.tif'),
    'more pixels than --max_megapixels 0.0005; raise it to take such images',
  );
});

test('align cuts a face out of every undamaged photograph among 144 damaged ones', async () => {
  const photograph = readFileSync(path.join(samplePhotographs(), 'sample2.jpg'));
  const good = await everyFormat(photograph, 240);
  const all = mixed(good, damagedFiles(good, 144, seededRandom(SEED + 2)), 8);
  const input = newFolder('photographs', all);
  const out = path.join(folder, 'aligned');
  const { code, stderr } = await facecls([
    ...['align', '--in_dir', input, '--out_dir', out, '--min_face_size', '40'],
    ...['--max_megapixels', '0.1'],
  ]);
  assert.equal(code, 3, stderr);
  const rows = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const listed = new Set(rows.map(({ source }) => path.basename(source)));
  assert.deepEqual(names(listed), names(all.map(({ name }) => name)));
  for (const { name } of all) {
    if (!name.includes('-good-')) continue;
    const row = rows.find(({ source }) => path.basename(source) === name);
    assert.equal(row.face, 0, name);
    const { width, height } = await sharp(row.crop).metadata();
    assert.deepEqual([width, height], [112, 112]);
  }
  for (const { status, reason } of rows) {
    if (status === 'unreadable') assert.match(reason, /^[\x20-\x7e]{6,300}$/);
  }
});
