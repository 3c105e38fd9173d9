import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { parsePathLine } from '../../src/files/paths.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';
import { type HostileFolder, makeHostileFolder } from '../support/hostile-folder.js';

const folder = temporaryFolder();
const faces = path.join(folder, 'faces');
const photographs = path.join(folder, 'photographs');
let hostileFaces: HostileFolder;
let hostilePhotographs: HostileFolder;

before(async () => {
  mkdirSync(faces);
  mkdirSync(photographs);
  const crop = readFileSync(fixture('align/crops/upstream/sample2.jpg_0.png'));
  hostileFaces = await makeHostileFolder(faces, crop);
  const onePixel = await sharp({
    create: { width: 1, height: 1, channels: 3, background: 'red' },
  })
    .png()
    .toBuffer();
  await sharp(onePixel).toFile(path.join(faces, 'one-pixel.png'));
  // A face of some 150 pixels; a landscape picture, so that a missed rotation would show.
  const photograph = await sharp(path.join(samplePhotographs(), 'sample2.jpg'))
    .resize(640)
    .png()
    .toBuffer();
  hostilePhotographs = await makeHostileFolder(photographs, photograph);
  await sharp(onePixel).toFile(path.join(photographs, 'one-pixel.png'));
});

/** Paths of a result file below `root`, and what stands behind each. */
function readLines(file: string, root: string, separator: string): Map<string, string> {
  const entries = new Map<string, string>();
  const text = readFileSync(file, 'utf8');
  assert.ok(text.endsWith('\n'));
  for (const line of text.slice(0, -1).split('\n')) {
    const at = line.lastIndexOf(separator);
    const name = path.relative(root, parsePathLine(line.slice(0, at)).toString());
    entries.set(name, line.slice(at + 1));
  }
  return entries;
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

test('infer labels every good image, lists every bad one with a reason, and exits with 3', async () => {
  const out = path.join(folder, 'infer');
  const { code, stdout, stderr } = await facecls([
    'infer',
    '--input_dir',
    faces,
    '--output_dir',
    out,
  ]);
  assert.equal(code, 3, stderr);
  const labels = readLines(path.join(out, 'pred_ethnicities.txt'), faces, ' ');
  assert.deepEqual([...labels.keys()], sorted([...hostileFaces.good, 'one-pixel.png']));
  const failed = readLines(path.join(out, 'failed.txt'), faces, '\t');
  assert.deepEqual([...failed.keys()], hostileFaces.bad);
  for (const [name, reason] of failed) assert.ok(reason.length > 5, `${name}: ${reason}`);
  assert.match(failed.get('zero-byte.jpg')!, /empty/);
  assert.match(failed.get('text.png')!, /not an image/);

  // The same face in whatever form, so the same label; grey and one pixel may look otherwise.
  const label = labels.get('plain.jpg');
  for (const [name, other] of labels) {
    if (name !== 'grey16.png' && name !== 'one-pixel.png') assert.equal(other, label, name);
  }
  assert.match(stdout, /20 images/);
  assert.match(stdout, /4 failed/);
  assert.match(stdout, /1 link in a loop not followed/);
  assert.match(stderr, /1 of 20 images are not 112x112/);
  const { counts } = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
  assert.equal(counts.seen, 20);
  assert.equal(counts.predicted, 16);
  assert.equal(counts.failed, 4);
  assert.equal(counts.link_loops, 1);
});

test('align cuts a face out of every good photograph, also a rotated one', async () => {
  const out = path.join(folder, 'align');
  const { code, stdout, stderr } = await facecls([
    'align',
    '--in_dir',
    photographs,
    '--out_dir',
    out,
  ]);
  assert.equal(code, 3, stderr);
  const rows = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const nameOf = (row: { source: string }) =>
    path.relative(photographs, parsePathLine(row.source).toString());
  const found = rows.filter((row) => row.face === 0);
  assert.deepEqual(found.map(nameOf), hostilePhotographs.good);
  assert.deepEqual(
    rows.filter((row) => row.status === 'unreadable').map(nameOf),
    hostilePhotographs.bad,
  );
  assert.deepEqual(rows.filter((row) => row.status === 'no_face').map(nameOf), ['one-pixel.png']);
  for (const row of found) {
    assert.ok(existsSync(row.crop), row.crop);
    assert.equal(row.crop, `${path.join(out, nameOf(row))}_0.jpg`);
  }
  // The rotated photograph is turned upright: its face lies where the plain one's does.
  const boxOf = (name: string): number[] => found.find((row) => nameOf(row) === name).box;
  for (const [i, side] of boxOf('rotated.jpg').entries()) {
    assert.ok(Math.abs(side - boxOf('plain.jpg')[i]) < 5, `${boxOf('rotated.jpg')}`);
  }
  assert.match(stdout, /4 unreadable/);
});

test('run gives one label for each face and keeps the failures apart', async () => {
  const out = path.join(folder, 'run');
  const { code, stdout, stderr } = await facecls([
    ...['run', '--input_dir', photographs, '--output_dir', out, '--json', '--quiet'],
  ]);
  assert.equal(code, 3, stderr);
  assert.equal(stderr, '');
  const labels = readLines(path.join(out, 'pred_ethnicities.txt'), photographs, ' ');
  assert.deepEqual(
    [...labels.keys()],
    hostilePhotographs.good.map((name) => `${name}#0`),
  );
  const failed = readLines(path.join(out, 'failed.txt'), photographs, '\t');
  assert.deepEqual([...failed.keys()], hostilePhotographs.bad);
  const record = JSON.parse(stdout);
  assert.equal(record.counts.no_face, 1);
  assert.equal(record.counts.predicted, hostilePhotographs.good.length);
});
