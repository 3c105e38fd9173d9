import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  formatRow,
  indexPreviousManifest,
  type ManifestRow,
  ManifestWriter,
  mergePreviousManifest,
} from '../../src/output/manifest.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'facecls-manifest-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

let made = 0;
const newFile = () => path.join(scratch, `${++made}.jsonl`);
const bytes = (text: string) => Buffer.from(text, 'latin1');

const face = (source: string, k = 0): ManifestRow => ({
  source: bytes(source),
  face: k,
  crop: bytes(`out/${source}_${k}.jpg`),
  score: 0.999876543210987,
  box: [10.123456, -3, 100.00004, 250.5],
  landmarks: [
    [1.00001, 2],
    [3, 4.99999],
    [5, 6],
    [7, 8],
    [9, 10],
  ],
  matrix: [
    [0.12345678901234, -1e-12 / 3, 1234.56789012345],
    [1, 0, -0.00001234567890123],
  ],
});

/** A manifest of these sources as an earlier run would have left it. */
async function manifest(...rows: ManifestRow[]): Promise<string> {
  const file = newFile();
  const writer = await ManifestWriter.open(file);
  for (const row of rows) await writer.write([row]);
  await writer.commit();
  return file;
}

test('a face is one object with the fields of the contract', () => {
  assert.deepEqual(JSON.parse(formatRow(face('in/照.jpg', 2))), {
    source: bytes('in/照.jpg').toString(),
    face: 2,
    crop: `out/${bytes('in/照.jpg')}_2.jpg`,
    score: 0.99987654,
    box: [10.1235, -3, 100, 250.5],
    landmarks: [
      [1, 2],
      [3, 5],
      [5, 6],
      [7, 8],
      [9, 10],
    ],
    matrix: [
      [0.123456789, -3.333333333e-13, 1234.56789],
      [1, 0, -0.0000123456789],
    ],
  });
});

test('an image without a face has a status and a reason', () => {
  const row = formatRow({ source: bytes('a\xff'), status: 'unreadable', reason: 'two\nlines' });
  assert.doesNotMatch(row, /\n/);
  assert.deepEqual(JSON.parse(row), {
    source: '"a\\xff"',
    status: 'unreadable',
    reason: 'two\nlines',
  });
  const noCrop = { ...face('a'), crop: null };
  assert.equal(JSON.parse(formatRow(noCrop)).crop, null);
});

test('rows of an earlier run are found side by side with a walk', async () => {
  const file = await manifest(
    face('in/a.jpg', 0),
    face('in/a.jpg', 1),
    { source: bytes('in/b\n.jpg'), status: 'no_face', reason: 'none' },
    face('in/d.jpg'),
    face('in/e\xff.jpg'),
    face('in/e\xff.jpg', 1),
    face('in/g.jpg'),
  );
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const previous = mergePreviousManifest(file);
  assert.equal(await previous.take(bytes('in/!.jpg')), undefined);
  assert.deepEqual(await previous.take(bytes('in/a.jpg')), lines.slice(0, 2));
  assert.equal(await previous.take(bytes('in/a.jpgx')), undefined);
  assert.deepEqual(await previous.take(bytes('in/b\n.jpg')), [lines[2]]);
  assert.equal(await previous.take(bytes('in/c.jpg')), undefined);
  // d is gone from the folder: passed over.
  assert.deepEqual(await previous.take(bytes('in/e\xff.jpg')), lines.slice(4, 6));
  assert.equal(await previous.take(bytes('in/f.jpg')), undefined);
  assert.deepEqual(await previous.take(bytes('in/g.jpg')), [lines[6]]);
  assert.equal(await previous.take(bytes('in/h.jpg')), undefined);
  await previous.close();
});

test('rows come back as they stand', async () => {
  const file = await manifest(face('a'), face('a', 1));
  const previous = mergePreviousManifest(file);
  const copy = newFile();
  const writer = await ManifestWriter.open(copy);
  await writer.writeRaw((await previous.take(bytes('a'))) ?? []);
  await previous.close();
  await writer.commit();
  assert.deepEqual(readFileSync(copy), readFileSync(file));
});

test('rows are found in any order from an index', async () => {
  const file = await manifest(face('b'), face('a'), face('b', 1), face('c\xff'));
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const previous = await indexPreviousManifest(file);
  assert.deepEqual(await previous.take(bytes('c\xff')), [lines[3]]);
  assert.deepEqual(await previous.take(bytes('b')), [lines[0], lines[2]]);
  assert.deepEqual(await previous.take(bytes('a')), [lines[1]]);
  assert.equal(await previous.take(bytes('z')), undefined);
  await previous.close();
});

test('a torn last line is ignored, with what may be an incomplete image', async () => {
  const [a, b0, b1] = [face('a'), face('b'), face('b', 1)].map(formatRow);
  const open = (...parts: string[]) => {
    const file = newFile();
    writeFileSync(file, parts.join('\n'));
    return mergePreviousManifest(file);
  };
  // Torn in a row of another image: the one before is whole.
  let previous = open(a, b0.slice(0, 40));
  assert.deepEqual(await previous.take(bytes('a')), [a]);
  assert.equal(await previous.take(bytes('b')), undefined);
  // Torn in the second face of b, or too early to tell: b would lack a face.
  for (const cut of [b1.length - 1, 40, 3]) {
    previous = open(a, b0, b1.slice(0, cut));
    assert.deepEqual(await previous.take(bytes('a')), [a]);
    assert.equal(await previous.take(bytes('b')), undefined, `cut at ${cut}`);
  }
});

test('lines that are no rows are passed over', async () => {
  const file = newFile();
  const a = formatRow(face('a'));
  writeFileSync(file, `\nnull\n{"source":5}\n{"source":"\\"x"}\nrubbish\n${a}\n[1]\n`);
  const previous = mergePreviousManifest(file);
  assert.deepEqual(await previous.take(bytes('a')), [a]);
});

test('no earlier manifest is an empty one', async () => {
  const absent = path.join(scratch, 'absent.jsonl');
  assert.equal(await mergePreviousManifest(absent).take(bytes('a')), undefined);
  assert.equal(await (await indexPreviousManifest(absent)).take(bytes('a')), undefined);
});
