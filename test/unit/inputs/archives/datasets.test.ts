/** The same faces in every form: the readers give the bytes of the folder, and say what they do not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openArchive } from '../../../../src/inputs/archives/archive.js';
import { MemberReader } from '../../../../src/inputs/archives/member-reader.js';
import { dataset, folderFaces, OPTIONS, open, outcome } from './read-archive.js';

const faces = folderFaces();
const NOTHING_ELSE = {
  failed: [],
  hidden: 0,
  indexRecords: 0,
  links: [],
  other: [],
  damage: undefined,
  repeated: 0,
  inexact: 0,
};
const LONG = 'very-long-folder-name-'.repeat(12);

/** Name in the folder to name in the archive. */
const FORMS: [file: string, kind: string, rename: (name: string, index: number) => string][] = [
  ['ustar.tar', 'tar', (name) => name],
  ['gnu-tar.tar', 'tar', (name) => name],
  ['pax.tar', 'tar', (name) => `${LONG}/${name.replace('/', '/gesicht-ä-')}`],
  ['gnu.tar', 'tar', (name) => `${LONG}/${name}`],
  ['faces.tar.gz', 'tar.gz', (name) => name],
  ['stored.zip', 'zip', (name) => name],
  ['zip64.zip', 'zip', (name) => name],
  ['deflated.zip', 'zip', (name) => name.replace('/', '/gesicht-ä-')],
  ['plain.rec', 'recordio', (name, index) => `${Number(name.slice(0, 3))}/${index}.jpg`],
  ['many-labels.rec', 'recordio', (name, index) => `${Number(name.slice(0, 3))}/${index}.jpg`],
  ['hub.parquet', 'parquet', (name) => name.slice(4)],
  ['binary.parquet', 'parquet', (name) => name.slice(4)],
];

for (const [file, kind, rename] of FORMS) {
  test(`${file} holds the bytes of the folder in its order`, async () => {
    assert.deepEqual(await outcome(dataset(file)), {
      ...NOTHING_ELSE,
      kind,
      names: faces.map(({ name }, index) => rename(name, index)),
      shas: faces.map(({ sha }) => sha),
    });
  });
}

test('train.rec holds 60 images and 13 index records that are no failures', async () => {
  assert.deepEqual(await outcome(dataset('train.rec')), {
    ...NOTHING_ELSE,
    kind: 'recordio',
    indexRecords: 13,
    names: faces.map(({ name }, index) => `${Number(name.slice(0, 3))}/${index + 1}.jpg`),
    shas: faces.map(({ sha }) => sha),
  });
});

test('WebDataset shards hold their images and count what belongs to them', async () => {
  const shards = [
    await outcome(dataset('wds-000000.tar')),
    await outcome(dataset('wds-000001.tar')),
  ];
  assert.deepEqual(
    shards.flatMap(({ shas }) => shas),
    faces.map(({ sha }) => sha),
  );
  for (const { other, failed } of shards) {
    assert.deepEqual(failed, []);
    assert.equal(other.filter((ending) => ending === 'json').length, 30);
    assert.equal(other.filter((ending) => ending === 'cls').length, 30);
  }
});

test('split.rec has the magic number put back where MXNet took it out', async () => {
  const path = dataset('split.rec');
  const archive = await open(path);
  const reader = new MemberReader();
  const magic = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);
  // As make.py put it in: a comment with 14 bytes and one with 2, the number twice in each.
  const comment = (filler: number) =>
    Buffer.concat([
      Buffer.from([0xff, 0xfe, 0, 2 + filler + 8]),
      Buffer.alloc(filler, 'x'),
      magic,
      magic,
    ]);
  const inserted = Buffer.concat([comment(14), comment(2)]);
  let index = 0;
  for await (const entry of archive.members()) {
    assert.ok(entry.kind === 'member' && entry.locator);
    const image = readFileSync(dataset(`folder/${faces[index].name}`));
    const expected = Buffer.concat([image.subarray(0, 2), inserted, image.subarray(2)]);
    assert.ok(expected.equals(await reader.read(path, entry.locator)));
    index += 1;
  }
  await reader.close();
  assert.equal(index, 60);
});

test('nulls.parquet names its rows by number and fails the one that is null', async () => {
  const { names, shas, failed } = await outcome(dataset('nulls.parquet'));
  const present = faces.map((_, index) => index).filter((index) => index !== 7);
  assert.deepEqual(names, present.map(String));
  assert.deepEqual(
    shas,
    present.map((index) => faces[index].sha),
  );
  assert.deepEqual(failed, ['7: holds no bytes (null)']);
});

test('encrypted.zip fails each member by name', async () => {
  const { names, failed } = await outcome(dataset('encrypted.zip'));
  assert.deepEqual(names, []);
  assert.deepEqual(
    failed.sort(),
    faces.slice(0, 5).map(({ name }) => `${name}: is encrypted`),
  );
});

test('no-image.parquet is refused with the names of its columns', async () => {
  await assert.rejects(
    openArchive(dataset('no-image.parquet'), OPTIONS),
    /no-image\.parquet.*--image_column.*"path" \(text\), "url" \(text\)/,
  );
});
