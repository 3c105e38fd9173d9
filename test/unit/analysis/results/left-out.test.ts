/** Manifests read back, and the faces that they leave out. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { DetectionCounts } from '../../../../src/analysis/evaluate/detection.js';
import { FaceSet } from '../../../../src/analysis/results/face-set.js';
import { type FacesCounted, LeftOutFaces } from '../../../../src/analysis/results/left-out.js';
import { formatRow } from '../../../../src/outputs/manifest.js';
import { type ManifestPhotograph, readManifest } from '../../../../src/outputs/read-manifest.js';
import { temporaryFolder } from '../../../support/cli.js';

const file = path.join(temporaryFolder(), 'align_manifest.jsonl');

const face = (source: string, number: number, side: number, overlaps: number | null = null) =>
  JSON.stringify({
    ...{ source, face: number, crop: `faces/${source}_${number}.jpg`, score: 1 },
    ...{ box: [0, 0, side, side], landmarks: [], matrix: [], overlaps },
  });

function write(...lines: string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}

async function leftOut(counted: FacesCounted) {
  const manifest = { file, record: undefined, folder: Buffer.alloc(0) };
  const seen: string[] = [];
  const faces = await LeftOutFaces.read(
    { ...manifest, cropFolder: Buffer.from('faces/') },
    counted,
    ({ source, outcome }) => seen.push(`${source} ${outcome}`),
  );
  return { seen, of: (name: string) => faces.reasonOf(Buffer.from(name)), faces };
}

test('a manifest gives a photograph at a time, as it was written', async () => {
  const source = Buffer.from([0x61, 0xff, 0x2e, 0x6a, 0x70, 0x67]);
  const odd = formatRow({ kind: 'status', source, status: 'unreadable', reason: 'x' });
  write(face('a.jpg', 0, 9), face('a.jpg', 1, 4), odd, face('b.jpg', 0, 9), '');
  const found: ManifestPhotograph[] = [];
  for await (const photograph of readManifest(file)) found.push(photograph);
  assert.deepEqual(
    found.map(({ outcome, faces }) => [outcome, faces.map(({ area }) => area)]),
    [
      ['with_face', [100, 25]],
      ['unreadable', []],
      ['with_face', [100]],
    ],
  );
  assert.deepEqual(found[1].source, source);
  assert.deepEqual(found[0].faces[1].crop, Buffer.from('faces/a.jpg_1.jpg'));
});

test('malformed lines are refused with their number', async () => {
  const cases = [
    ['{"face":0}', /line 1: has no `source`/],
    ['{"source":"a","face":-1}', /line 1: has neither/],
    ['{"source":"a","status":"lost"}', /neither no_face nor unreadable/],
    ['{"source":"a","face":0,"box":[1,2,3]}', /not four numbers/],
    ['{"source":"\\"a","face":0,"box":[1,2,3,4]}', /not a complete quoted path/],
    ['null', /has no `source`/],
    ['x'.repeat(2 ** 20 + 2 ** 19), /longer than 1 MiB|not a complete JSON object/],
  ] as const;
  for (const [line, expected] of cases) {
    write(line);
    await assert.rejects(leftOut('all'), expected, line.slice(0, 40));
  }
});

test('faces that overlap a better one are left out, by face and by crop', async () => {
  write(face('a.jpg', 0, 9), face('a.jpg', 1, 20, 0), face('b.jpg', 0, 9));
  const { of, seen, faces } = await leftOut('all');
  assert.deepEqual(seen, ['a.jpg with_face', 'b.jpg with_face']);
  assert.equal(faces.isOfOtherFaces, true);
  assert.deepEqual(['a.jpg#0', 'a.jpg#1', 'a.jpg_1.jpg', 'b.jpg#0'].map(of), [
    undefined,
    'overlapping',
    'overlapping',
    undefined,
  ]);
  assert.equal(faces.isOfOtherFaces, false);
});

test('the largest face is that among those that do not overlap a better one', async () => {
  write(face('a.jpg', 0, 9), face('a.jpg', 1, 20, 0), face('a.jpg', 2, 5), face('a.jpg', 3, 9));
  const { of } = await leftOut('largest');
  assert.deepEqual(
    [0, 1, 2, 3].map((k) => of(`a.jpg#${k}`)),
    [undefined, 'overlapping', 'further_face', 'further_face'],
  );
});

test('a set of faces holds exactly those that were added, however many', () => {
  const set = new FaceSet();
  const name = (k: number) => Buffer.from(`folder/${k}.jpg#1`);
  for (let k = 0; k < 20_000; k += 2) set.add(name(k), k % 3);
  set.add(name(0), 2);
  assert.equal(set.size, 10_000);
  for (let k = 0; k < 20_000; k++) {
    assert.equal(set.get(name(k)), k % 2 === 0 ? k % 3 : undefined);
  }
});

test('detection counts labelled photographs once, unreadable and ambiguous ones not at all', () => {
  const row = (name: string, label: string, line: number) => ({
    ...{ path: Buffer.from(name), label, groups: [], line },
  });
  const labels = [row('1.jpg', 'A', 2), row('b/2.jpg', 'B', 3), row('3.jpg', 'A', 4)];
  const counts = new DetectionCounts([...labels, row('4.jpg', 'other', 5)], ['A', 'B']);
  const photographs = [
    ['in/a/1.jpg', 'no_face'],
    ['in/b/2.jpg', 'with_face'],
    ['in/a/3.jpg', 'with_face'],
    ['in/b/3.jpg', 'no_face'],
    ['in/4.jpg', 'no_face'],
    ['in/5.jpg', 'no_face'],
  ] as const;
  assert.equal(counts.finish(), null);
  for (const [name, outcome] of photographs) {
    counts.add({ source: Buffer.from(name), outcome, faces: [] });
  }
  assert.deepEqual(counts.finish(), { A: [0, 1], B: [1, 1] });
});
