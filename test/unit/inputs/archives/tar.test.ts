import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { paxMember, paxRecord, TAR_END, type TarFields, tarMember } from './make-archives.js';
import { type Outcome, outcome, scratchFolder, sha256 } from './read-archive.js';

const write = scratchFolder();
const A = Buffer.from('bytes of a');
const B = Buffer.from('bytes of b, which is longer');

function read(...parts: (Buffer | TarFields)[]): Promise<Outcome> {
  const blocks = parts.map((part) => (Buffer.isBuffer(part) ? part : tarMember(part)));
  return outcome(write('made.tar', Buffer.concat(blocks)));
}

test('a v7 header without a magic number is read, and its folders are passed over', async () => {
  const magic = '';
  const folder = { name: 'd/', type: '\0', magic };
  const result = await read(folder, { name: 'd/a.jpg', data: A, type: '\0', magic }, TAR_END);
  assert.deepEqual([result.names, result.shas], [['d/a.jpg'], [sha256(A)]]);
  assert.equal(result.damage, undefined);
});

test('a checksum over signed bytes is accepted as the old writers made it', async () => {
  const { names } = await read({ name: '\xe4.jpg', data: A, isSigned: true }, TAR_END);
  assert.equal(names.length, 1);
});

test('a size in base 256 is read', async () => {
  const size = Buffer.alloc(12);
  size.writeUInt8(0x80, 0);
  size.writeUInt8(A.length, 11);
  const result = await read({ name: 'a.jpg', data: A, size }, { name: 'b.jpg', data: B }, TAR_END);
  assert.deepEqual(result.shas, [sha256(A), sha256(B)]);
});

for (const [what, bytes] of [
  ['negative', Buffer.alloc(12, 0xff)],
  ['of 2^88', Buffer.from([0x80, 1, ...Array(10).fill(0)])],
  ['of letters', Buffer.from('not a number')],
] as const) {
  test(`a size that is ${what} is damage at its header`, async () => {
    const result = await read({ name: 'a.jpg', data: A }, { name: 'b.jpg', size: bytes }, TAR_END);
    assert.deepEqual(result.names, ['a.jpg']);
    assert.equal(result.damage, '1024: a header of tar with the size of a member');
  });
}

test('a member that reaches past the end is damage at its header', async () => {
  const whole = tarMember({ name: 'b.jpg', data: B, size: Buffer.from('77777777777\0') });
  const result = await read({ name: 'a.jpg', data: A }, whole);
  assert.deepEqual(result.names, ['a.jpg']);
  assert.equal(result.damage, '1024: a whole member; the file ends within it, at 2048');
});

test('pax gives name and size; the size of the header is ignored', async () => {
  const pax = paxMember(paxRecord('path', 'ä/x.jpg') + paxRecord('size', String(A.length)));
  const wrong = { name: 'short.jpg', data: A, size: Buffer.from('00000000000\0') };
  const result = await read(pax, wrong, { name: 'b.jpg', data: B }, TAR_END);
  assert.deepEqual(
    [result.names, result.shas],
    [
      ['ä/x.jpg', 'b.jpg'],
      [sha256(A), sha256(B)],
    ],
  );
});

test('global pax records hold for all members, and a member may overrule them', async () => {
  const result = await read(
    paxMember(paxRecord('comment', 'made by git archive'), 'g'),
    { name: 'a.jpg', data: A },
    paxMember(paxRecord('path', 'c.jpg')),
    { name: 'b.jpg', data: B },
    TAR_END,
  );
  assert.deepEqual(result.names, ['a.jpg', 'c.jpg']);
});

test('broken pax records fail the member they belong to', async () => {
  for (const records of ['5', '99 path=a\n', 'x path=b.jpg\n', '0 \n', '8 pathx\n', ' =\n']) {
    const result = await read(
      paxMember(records),
      { name: 'a.jpg', data: A },
      { name: 'b.jpg', data: B },
      TAR_END,
    );
    assert.deepEqual(result.names, ['b.jpg'], records);
    assert.deepEqual(result.failed, ['a.jpg: its extended header (pax) is damaged']);
  }
});

test('a pax header of two megabytes fails its member and is not read', async () => {
  const large = paxMember(Buffer.alloc(2 ** 21, 'x'));
  const result = await read(large, { name: 'a.jpg', data: A }, { name: 'b.jpg', data: B }, TAR_END);
  assert.deepEqual(result.names, ['b.jpg']);
  assert.match(result.failed.join(), /^a\.jpg: has an extended header of 2097152 bytes/);
});

test('a name of a hundred thousand bytes fails and is shown in part', async () => {
  const long = { name: '././@LongLink', type: 'L', data: Buffer.from(`${'n'.repeat(1e5)}.jpg\0`) };
  const result = await read(long, { name: 'a.jpg', data: A }, TAR_END);
  assert.equal(result.failed.length, 1);
  assert.match(result.failed[0], /^n{240}\.\.\.: has a name of 100004 bytes/);
});

test('pax sparse files of all versions fail by their own name', async () => {
  const one = paxRecord('GNU.sparse.major', '1') + paxRecord('GNU.sparse.name', 's.jpg');
  const result = await read(
    paxMember(one),
    { name: 'GNUSparseFile.0/s.jpg', data: A },
    paxMember(paxRecord('GNU.sparse.map', '0,10')),
    { name: 'b.jpg', data: B },
    { name: 'c.jpg', data: B },
    TAR_END,
  );
  assert.deepEqual(result.names, ['c.jpg']);
  const reason = 'is stored as a sparse file; pack it without --sparse';
  assert.deepEqual(result.failed, [`s.jpg: ${reason}`, `b.jpg: ${reason}`]);
});

test('links and devices carry no data whatever their size says', async () => {
  const size = Buffer.from('00000077777\0');
  const result = await read(
    { name: 'link.jpg', type: '2', size },
    { name: 'device.jpg', type: '3', size },
    { name: 'pipe', type: '6', size },
    { name: 'a.jpg', data: A },
    TAR_END,
  );
  assert.deepEqual([result.names, result.links, result.other], [['a.jpg'], ['link.jpg'], ['']]);
  assert.deepEqual(result.failed, ['device.jpg: is no regular file']);
});

test('tars one after the other are read to the end, over zeros in between', async () => {
  const first = [{ name: 'a.jpg', data: A }, TAR_END, Buffer.alloc(5120)];
  const result = await read(...first, { name: 'a.jpg', data: B }, TAR_END);
  assert.deepEqual(result.names, ['a.jpg', 'a.jpg;2']);
  assert.equal(result.damage, undefined);
});

test('one block of zeros ends a tar; other bytes after the end are damage', async () => {
  const one = await read({ name: 'a.jpg', data: A }, Buffer.alloc(512));
  assert.equal(one.damage, undefined);
  const rubbish = await read({ name: 'a.jpg', data: A }, TAR_END, Buffer.alloc(512, 'x'));
  assert.match(rubbish.damage ?? '', /^2048: zeros or the header of another tar/);
});

test('an end within a header, and after an extended header, is damage', async () => {
  const half = await read({ name: 'a.jpg', data: A }, Buffer.alloc(100, 'x'));
  assert.equal(half.damage, '1024: a header of 512 bytes');
  const pax = await read({ name: 'a.jpg', data: A }, paxMember(paxRecord('path', 'b.jpg')));
  assert.match(pax.damage ?? '', /^2048: the blocks of zeros/);
});

test('a tar.gz of several gzip members is read through, and zeros after it are passed', async () => {
  const first = gzipSync(tarMember({ name: 'a.jpg', data: A }));
  const second = gzipSync(Buffer.concat([tarMember({ name: 'b.jpg', data: B }), TAR_END]));
  const padded = Buffer.concat([first, second, Buffer.alloc(1000)]);
  const result = await outcome(write('two.tar.gz', padded));
  assert.deepEqual([result.kind, result.names], ['tar.gz', ['a.jpg', 'b.jpg']]);
  assert.equal(result.damage, undefined);
});

test('a tar.gz whose members are too large fails them without holding them', async () => {
  const large = tarMember({ name: 'zeros.jpg', data: Buffer.alloc(2 ** 26) });
  const packed = gzipSync(Buffer.concat([large, tarMember({ name: 'b.jpg', data: B }), TAR_END]));
  const path = write('bomb.tar.gz', packed);
  const before = process.memoryUsage().arrayBuffers;
  const result = await outcome(path, { largestMember: 1000 });
  assert.deepEqual(result.shas, [sha256(B)]);
  assert.match(result.failed.join(), /^zeros\.jpg: declares 67108864 bytes, more than the 1000/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 26);
});

test('a flipped bit in a tar.gz is damage, after what could be unpacked', async () => {
  const noise = Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * index) >> 3));
  const members = ['a', 'b', 'c', 'd'].map((name) =>
    tarMember({ name: `${name}.jpg`, data: noise }),
  );
  const packed = gzipSync(Buffer.concat([...members, TAR_END]), { level: 1 });
  packed[packed.length - 6] ^= 1;
  const result = await outcome(write('flipped.tar.gz', packed));
  assert.equal(result.names.length, 4);
  assert.match(result.damage ?? '', /more of the gzip data \(incorrect (data|length) check\)/);
});
