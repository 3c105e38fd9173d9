import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelText } from '../../../../src/inputs/archives/recordio.js';
import { likeJpeg, recordData, recordPart } from './make-archives.js';
import { type Outcome, outcome, scratchFolder, sha256 } from './read-archive.js';

const write = scratchFolder();
const image = likeJpeg();

function read(...parts: Buffer[]): Promise<Outcome> {
  return outcome(write('made.rec', Buffer.concat(parts)));
}

test('the first of the labels names the identity; whole numbers are written as such', async () => {
  const { names } = await read(
    recordPart(recordData({ label: 3, id: 1n, image })),
    recordPart(recordData({ label: 3, labels: [8, 0.5], id: 2n, image })),
    recordPart(recordData({ label: 0.1, id: 3n, image })),
    recordPart(recordData({ label: -1, id: 2n ** 64n - 1n, image })),
    recordPart(recordData({ label: Number.NaN, id: 5n, image })),
  );
  assert.deepEqual(names, [
    '3/1.jpg',
    '8/2.jpg',
    '0.1/3.jpg',
    '-1/18446744073709551615.jpg',
    'NaN/5.jpg',
  ]);
});

test('a label is the shortest decimal of its float32, large ones without an exponent', () => {
  const text = (value: number) => labelText(Math.fround(value));
  assert.equal(text(0.3), '0.3');
  assert.equal(text(1 / 3), '0.33333334');
  assert.equal(text(1e22), '9999999778196308361216');
  assert.equal(text(-0), '0');
});

test('endings follow the content of the image', async () => {
  const starts = [
    '\x89PNG\r\n\x1a\n',
    'RIFF\0\0\0\0WEBP',
    'GIF89a',
    `BM${'\0'.repeat(30)}`,
    'II*\0',
    'MM\0*',
    '\0\0\0\x1cftypavif\0\0\0\0mif1',
    '\0\0\0\x1cftypmif1\0\0\0\0avif',
    '\0\0\0\x18ftypheic\0\0\0\0mif1',
  ];
  const parts = starts.map((start, index) =>
    recordPart(recordData({ id: BigInt(index), image: Buffer.from(start, 'latin1') })),
  );
  const { names } = await read(...parts);
  const endings = names.map((name) => name.split('.')[1]);
  assert.deepEqual(endings, ['png', 'webp', 'gif', 'bmp', 'tif', 'tif', 'avif', 'avif', 'heic']);
});

test('a record that is split within its header and labels is joined', async () => {
  const magic = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);
  const whole = recordData({ labels: [7, 1], id: 0x1_ced7230an, image });
  // MXNet splits at every magic number that stands at a multiple of 4: here in the id.
  const at = whole.indexOf(magic);
  const { names, shas } = await read(
    recordPart(whole.subarray(0, at), 1),
    recordPart(whole.subarray(at + 4), 3),
    recordPart(recordData({ id: 9n, image })),
  );
  assert.deepEqual(names, [`7/${0x1_ced7230an}.jpg`, '0/9.jpg']);
  assert.deepEqual(shas, [sha256(image), sha256(image)]);
});

test('parts out of order are damage where they stand', async () => {
  const first = recordPart(recordData({ image }));
  for (const parts of [
    [first, recordPart(image, 2)],
    [first, recordPart(image, 3)],
    [first, recordPart(image, 5)],
  ]) {
    const { names, damage } = await read(...parts);
    assert.equal(names.length, 1);
    assert.equal(damage, `${first.length}: the first part of a record`);
  }
  const open = recordPart(recordData({ image }), 1);
  const { damage } = await read(first, open, first);
  assert.equal(damage, `${first.length + open.length}: the next part of a record`);
});

test('a record of five thousand parts fails and the next is read', async () => {
  const start = recordPart(recordData({ id: 1n, image: likeJpeg(40) }), 1);
  const middle = Array.from({ length: 5000 }, () => recordPart(Buffer.alloc(0), 2));
  const next = recordPart(recordData({ id: 2n, image }));
  const { names, failed } = await read(start, ...middle, recordPart(Buffer.alloc(0), 3), next);
  assert.deepEqual(failed, ['0/1: is stored in more than 4096 parts']);
  assert.deepEqual(names, ['0/2.jpg']);
});

test('records shorter than a header, and labels without an image, fail by name', async () => {
  const { names, failed } = await read(
    recordPart(Buffer.alloc(10)),
    recordPart(recordData({ labels: [1, 2, 3], id: 4n })),
    recordPart(recordData({ flag: 2 ** 32 - 1, id: 5n, image })),
    recordPart(recordData({ id: 6n })),
    recordPart(recordData({ id: 7n, image })),
  );
  assert.deepEqual(names, ['0/7.jpg']);
  assert.deepEqual(failed, [
    '_/at-0: has 10 bytes, fewer than a header',
    '1/4: holds no image',
    '_/5: claims 4294967295 labels in 40 bytes',
    '0/6: holds no image',
  ]);
});

test('records of one label and id keep a row each', async () => {
  const part = recordPart(recordData({ label: 1, id: 1n, image }));
  const { names, repeated } = await read(part, part, part);
  assert.deepEqual(names, ['1/1.jpg', '1/1.jpg;2', '1/1.jpg;3']);
  assert.equal(repeated, 2);
});

test('a name that came while ids rose has its number when it comes again', async () => {
  const ids = [1n, 2n, 3n, 2n, 0n, 3n, 2n, 9n, 9n];
  const { names, repeated } = await read(
    ...ids.map((id) => recordPart(recordData({ label: 1, id, image }))),
  );
  assert.deepEqual(names, [
    '1/1.jpg',
    '1/2.jpg',
    '1/3.jpg',
    '1/2.jpg;2',
    '1/0.jpg',
    '1/3.jpg;2',
    '1/2.jpg;3',
    '1/9.jpg',
    '1/9.jpg;2',
  ]);
  assert.equal(repeated, 4);
});

test('a record over the limit fails and the next is read', async () => {
  const large = recordPart(recordData({ id: 1n, image: likeJpeg(5000) }));
  const small = recordPart(recordData({ id: 2n, image }));
  const path = write('large.rec', Buffer.concat([large, small]));
  const { names, failed } = await outcome(path, { largestMember: 1000 });
  assert.deepEqual(names, ['0/2.jpg']);
  assert.match(failed.join(), /^0\/1: declares 5000 bytes, more than the 1000/);
});
