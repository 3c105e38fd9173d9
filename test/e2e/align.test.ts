import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, jsonFixture, samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const photographs = path.join(folder, 'photographs');
const golden = jsonFixture('align/golden.json').images;

interface Row {
  source: string;
  face: number;
  crop: string;
  box: number[];
  status?: string;
}

function readManifest(out: string): Row[] {
  return readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

before(async () => {
  mkdirSync(path.join(photographs, 'sub'), { recursive: true });
  const small = (name: string) => sharp(path.join(samplePhotographs(), name)).resize(800);
  await small('sample2.jpg').toFile(path.join(photographs, 'same.jpg'));
  await small('sample3.jpg').toFile(path.join(photographs, 'sub', 'same.jpg'));
  await sharp({ create: { width: 300, height: 200, channels: 3, background: 'grey' } })
    .png()
    .toFile(path.join(photographs, 'grey.png'));
});

test("the sample photographs give the reference's faces, in pixels of the photograph, and its crops", async () => {
  const out = path.join(folder, 'samples');
  const names = Object.keys(golden);
  const { code, stdout, stderr } = await facecls(
    [
      ...['align', '--in_dir', samplePhotographs(), '--out_dir', out],
      ...['--in_list', '-', '--crop_format', 'png'],
    ],
    { input: names.join('\n') },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^align: 6 images, 20 faces, 0 without a face, 0 unreadable/);
  const rows = readManifest(out);
  assert.equal(rows.length, 20);
  for (const name of names) {
    const { width, height } = await sharp(path.join(samplePhotographs(), name)).metadata();
    const left = Math.floor(Math.max(0, height - width) / 2);
    const top = Math.floor(Math.max(0, width - height) / 2);
    const found = rows.filter(({ source }) => source === `${samplePhotographs()}/${name}`);
    const { faces } = golden[name].upstream;
    assert.deepEqual(
      found.map(({ face }) => face),
      faces.map((_: unknown, index: number) => index),
    );
    for (const [index, { box, crop }] of found.entries()) {
      for (const [side, value] of box.entries()) {
        const expected = faces[index].box[side] - (side % 2 === 0 ? left : top);
        assert.ok(Math.abs(value - expected) < 0.05, `${name} ${index}: ${value} ${expected}`);
      }
      assert.equal(crop, path.join(out, `${name}_${index}.png`));
      const pixels = await sharp(crop).raw().toBuffer();
      const reference = await sharp(fixture(`align/crops/upstream/${name}_${index}.png`))
        .raw()
        .toBuffer();
      const sum = reference.reduce((total, level, i) => total + Math.abs(level - pixels[i]), 0);
      assert.ok(sum / reference.length < 1, `${crop} differs by ${sum / reference.length}`);
    }
  }
});

test('crops keep the whole relative path, and one face is kept where asked', async () => {
  const out = path.join(folder, 'largest');
  const { code, stderr } = await facecls([
    ...['align', '--in_dir', photographs, '--out_dir', out],
    ...['--faces', 'largest', '--out_res', '64', '--min_face_size', '40'],
  ]);
  assert.equal(code, 0, stderr);
  const rows = readManifest(out);
  assert.deepEqual(
    rows.map(({ source, status, face }) => [source, status ?? face]),
    [
      [`${photographs}/grey.png`, 'no_face'],
      [`${photographs}/same.jpg`, 0],
      [`${photographs}/sub/same.jpg`, 0],
    ],
  );
  for (const { crop } of rows.filter(({ crop }) => crop)) {
    const { width, height, format } = await sharp(crop).metadata();
    assert.deepEqual([width, height, format], [64, 64, 'jpeg']);
  }
  assert.deepEqual(readdirSync(path.join(out, 'sub')), ['same.jpg_0.jpg']);
});

test('--check_exists takes over what is finished, and does again what is not', async () => {
  const out = path.join(folder, 'again');
  const args = ['align', '--in_dir', photographs, '--out_dir', out, '--min_face_size', '40'];
  assert.equal((await facecls(args)).code, 0);
  const manifestPath = path.join(out, 'align_manifest.jsonl');
  const manifest = readFileSync(manifestPath, 'utf8');
  const kept = path.join(out, 'same.jpg_0.jpg');
  const writtenAt = statSync(kept).mtimeMs;
  rmSync(path.join(out, 'sub', 'same.jpg_0.jpg'));

  const refused = await facecls(args);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /holds align_manifest\.jsonl .*--check_exists.*--overwrite/);

  const again = await facecls([...args, '--check_exists', '--json']);
  assert.equal(again.code, 0, again.stderr);
  const { counts } = JSON.parse(again.stdout);
  assert.equal(counts.finished_before, 2);
  assert.equal(counts.seen, 3);
  assert.equal(readFileSync(manifestPath, 'utf8'), manifest);
  assert.equal(statSync(kept).mtimeMs, writtenAt);
  assert.ok(statSync(path.join(out, 'sub', 'same.jpg_0.jpg')).size > 0);

  // A photograph that has come since is all that is to be done.
  const added = path.join(photographs, 'added.jpg');
  copyFileSync(path.join(photographs, 'same.jpg'), added);
  const more = await facecls([...args, '--check_exists', '--json']);
  rmSync(added);
  assert.deepEqual(
    [JSON.parse(more.stdout).counts.seen, JSON.parse(more.stdout).counts.finished_before],
    [4, 3],
  );
  const fewer = await facecls([...args, '--check_exists', '--json']);
  assert.equal(JSON.parse(fewer.stdout).counts.finished_before, 3);
  assert.equal(readFileSync(manifestPath, 'utf8'), manifest);
  assert.deepEqual(readdirSync(out).sort(), [
    'added.jpg_0.jpg',
    'align.json',
    'align_journal-1.jsonl',
    'align_journal-2.jsonl',
    'align_journal-3.jsonl',
    'align_manifest.jsonl',
    'same.jpg_0.jpg',
    'sub',
  ]);

  const other = await facecls([...args, '--check_exists', '--out_res', '64']);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /made with --out_res 112, now it is --out_res 64/);
  const replaced = await facecls([...args, '--overwrite', '--out_res', '64', '--json']);
  assert.equal(JSON.parse(replaced.stdout).counts.finished_before, 0);
  assert.ok(!readdirSync(out).includes('align_journal-2.jsonl'));
});

test('crops written into a folder inside the input folder are not taken as input', async () => {
  const out = path.join(photographs, 'out');
  const args = ['align', '--in_dir', photographs, '--out_dir', out, '--json'];
  assert.equal(JSON.parse((await facecls(args)).stdout).counts.seen, 3);
  const again = await facecls([...args, '--overwrite']);
  assert.equal(JSON.parse(again.stdout).counts.seen, 3);
  rmSync(out, { recursive: true });
});
