/** What stands before damage is read; the damage is named; strange archives give what is in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openArchive } from '../../../../src/inputs/archives/archive.js';
import { dataset, folderFaces, OPTIONS, type Outcome, outcome } from './read-archive.js';

const faces = folderFaces();
const shas = faces.map(({ sha }) => sha);

/** How many faces come out, in the order of the folder, and where the damage is. */
const CUT: [file: string, faces: number, damage: RegExp][] = [
  ['cut.tar', 30, /^194560: the blocks of zeros that end a tar$/],
  ['cut.tar.gz', 29, /^193079: more of the gzip data \(unexpected end of file\)$/],
  ['cut.rec', 29, /^169392: a record of 3157 bytes; the file has 2224$/],
  ['cut.zip', 0, /^173565: the directory that ends a zip$/],
  ['cut.parquet', 0, /^169852: the footer of Parquet$/],
  ['checksum.tar', 5, /^31744: a header of tar \(the checksum is wrong\)$/],
  ['magic.rec', 20, /^118988: the magic number of RecordIO.*reading ends here$/],
  ['length.rec', 20, /^118988: a record of 536870911 bytes; the file has 224252$/],
];

for (const [file, count, damage] of CUT) {
  test(`${file} gives the ${count} faces before the damage and names it`, async () => {
    const result = await outcome(dataset(`damaged/${file}`));
    assert.deepEqual(result.shas, shas.slice(0, count));
    assert.match(result.damage ?? '', damage);
    assert.deepEqual(result.failed, []);
  });
}

test('crc.zip fails the one member whose bytes were changed', async () => {
  const { shas: found, failed, damage } = await outcome(dataset('damaged/crc.zip'));
  assert.deepEqual(found, shas.toSpliced(3, 1));
  assert.deepEqual(failed, [`${faces[3].name}: its checksum (CRC-32) is wrong`]);
  assert.equal(damage, undefined);
});

test('names.tar gives names that stay below a folder, and one name once', async () => {
  const result = await outcome(dataset('damaged/names.tar'));
  assert.deepEqual(result.names, [
    'up.jpg',
    'abs.jpg',
    'ok/a.jpg',
    'ok/a.jpg;2',
    'a\x1b[31mred.jpg',
    'sub/side.jpg',
  ]);
  assert.deepEqual(result.links, ['link.jpg', 'hard.jpg']);
  assert.equal(result.repeated, 1);
});

test('names.zip gives names that stay below a folder', async () => {
  const { names } = await outcome(dataset('damaged/names.zip'));
  assert.deepEqual(names, ['up.jpg', 'abs.jpg', 'ok/a.jpg', 'C:\\x.jpg', 'sub/side.jpg']);
});

test('bomb.zip fails the bomb by its size and gives the face behind it', async () => {
  const { names, failed } = await outcome(dataset('damaged/bomb.zip'));
  assert.deepEqual(names, ['good.jpg']);
  assert.match(failed.join(), /^bomb\.jpg: declares 300000000 bytes, more than the 268435456/);
});

test('nested.zip counts the inner archive and does not open it', async () => {
  const { names, other, failed } = await outcome(dataset('damaged/nested.zip'));
  assert.deepEqual([names, other, failed], [['good.jpg'], ['zip'], []]);
});

test('not-images.rec fails the records that hold no image', async () => {
  const { names, failed } = await outcome(dataset('damaged/not-images.rec'));
  assert.deepEqual(names, ['0/0.jpg']);
  assert.deepEqual(
    failed,
    [1, 2, 3, 4].map((id) => `${id}/${id}: its content is no image`),
  );
});

test('files that are no archive are none, and an empty tar is one without members', async () => {
  assert.equal(await openArchive(dataset('damaged/notes.tar'), OPTIONS), undefined);
  assert.equal(await openArchive(dataset('damaged/empty.rec'), OPTIONS), undefined);
  const { kind, names, damage } = await outcome(dataset('damaged/empty.tar'));
  assert.deepEqual([kind, names, damage], ['tar', [], undefined]);
});

const ODD: [file: string, expected: Partial<Outcome>][] = [
  ['macos.zip', { names: ['a/1.jpg', 'a/2.jpg'], hidden: 2, failed: [] }],
  ['backslash.zip', { names: ['A\\1.jpg', 'A/1.jpg', 'A\\B\\2.jpg'], repeated: 0 }],
  ['prefix.zip', { names: ['1.jpg', '2.jpg'], shas: shas.slice(0, 2) }],
  ['same-key-000000.tar', { names: ['0001.jpg', '0001.jpg;2'], repeated: 1, other: ['json'] }],
  ['same-key-000001.tar', { names: ['0001.jpg'], shas: [shas[2]], repeated: 0 }],
  ['not-adjacent.tar', { names: ['a.jpg', 'b.jpg'], other: ['json', 'json'] }],
  [
    'dots.tar',
    {
      names: ['train.v1/22.05.jpg', 'train.v1/a.jpg', 'k.Left.JPG', 'k.right.jpg'],
      failed: ['train.v1/a.seg.png: is empty'],
    },
  ],
  [
    'no-end.tar',
    {
      names: ['0.jpg', '1.jpg', '2.jpg', '3.jpg'],
      damage: '26112: the blocks of zeros that end a tar',
    },
  ],
  [
    'sparse.tar',
    {
      names: ['z.jpg'],
      shas: [shas[1]],
      failed: ['sparse.jpg: is stored as a sparse file; pack it without --sparse'],
    },
  ],
  ['bad-index.rec', { names: [0, 1, 2, 3, 4].map((id) => `${id}/${id}.jpg`) }],
  ['other-index.rec', { shas: shas.slice(0, 5), damage: undefined }],
  ['header-only.rec', { shas: shas.slice(0, 3), indexRecords: 3, failed: [] }],
  [
    'short-labels.rec',
    { names: ['0/0.jpg', '2/2.jpg'], failed: ['_/1: claims 4 labels in 8 bytes'] },
  ],
  ['large-labels.rec', { names: ['16777216/0.jpg', '16777216/1.jpg'], inexact: 2 }],
  ['path-only.parquet', { names: ['1.jpg'], failed: ['gone/0.jpg: holds a path and no bytes'] }],
  [
    'two-columns.parquet',
    { names: ['0.jpg', '1.jpg'], shas: shas.slice(0, 2), failed: ['2: holds no bytes (null)'] },
  ],
];

for (const [file, expected] of ODD) {
  test(`${file} gives what people put in it`, async () => {
    const result = await outcome(dataset(`odd/${file}`));
    assert.deepEqual({ ...result, ...expected }, result);
  });
}

test('two-columns.parquet gives the column that is asked for', async () => {
  const { shas: found } = await outcome(dataset('odd/two-columns.parquet'), {
    imageColumn: 'image2',
  });
  assert.deepEqual(found, shas.slice(2, 5));
});

test('a column that holds lists, or is missing, is refused by its name', async () => {
  const path = dataset('odd/list.parquet');
  await assert.rejects(openArchive(path, OPTIONS), /"images" \(list\)/);
  await assert.rejects(
    openArchive(path, { ...OPTIONS, imageColumn: 'images' }),
    /column "images" holds a list a row/,
  );
  await assert.rejects(
    openArchive(path, { ...OPTIONS, imageColumn: 'photo' }),
    /has no column "photo".*Its columns are "images"/,
  );
});
