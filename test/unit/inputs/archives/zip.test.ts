import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { crc32, crc32InTable } from '../../../../src/inputs/archives/zip/crc32.js';
import { type ZipEnd, type ZipFields, zipArchive } from './make-archives.js';
import { type Outcome, outcome, scratchFolder, sha256 } from './read-archive.js';

const write = scratchFolder();
const data = Buffer.from('bytes of an image, as far as a zip knows');
const good = { name: 'good.jpg', data };

function read(members: readonly ZipFields[], end?: ZipEnd): Promise<Outcome> {
  return outcome(write('made.zip', zipArchive(members, end)));
}

async function reasonOf(member: Partial<ZipFields>): Promise<string> {
  const { names, failed } = await read([{ name: 'a.jpg', data, ...member }, good]);
  assert.deepEqual(names, ['good.jpg']);
  assert.equal(failed.length, 1);
  return failed[0];
}

test('CRC-32 of the check string is the one in the standard', () => {
  assert.equal(crc32InTable(Buffer.from('123456789')), 0xcbf43926);
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
});

test('stored and deflated members are read', async () => {
  const { shas } = await read([{ name: 'a.jpg', data, method: 8 }, good]);
  assert.deepEqual(shas, [sha256(data), sha256(data)]);
});

test('members packed in other ways fail by the name of the way', async () => {
  assert.match(await reasonOf({ method: 9 }), /^a\.jpg: is packed with Deflate64/);
  assert.match(await reasonOf({ method: 93 }), /packed with Zstandard/);
  assert.match(await reasonOf({ method: 14 }), /packed with LZMA/);
  assert.match(await reasonOf({ method: 77 }), /packed with method 77/);
  assert.match(await reasonOf({ flags: 1 }), /is encrypted/);
});

test('sizes that lie fail their member', async () => {
  assert.match(await reasonOf({ size: 10 }), /stored with two different sizes/);
  assert.match(await reasonOf({ method: 8, size: 10 }), /declares 10 bytes and holds more/);
  assert.match(await reasonOf({ method: 8, size: 50 }), /declares 50 bytes and holds 40/);
  assert.match(await reasonOf({ method: 8, size: 2 ** 30 }), /declares 1073741824 bytes, more/);
  assert.match(await reasonOf({ compressedSize: 1e6, size: 1e6 }), /reaches past the ends/);
  assert.match(await reasonOf({ offset: 1e6 }), /reaches past the ends/);
  assert.match(await reasonOf({ offset: 5 }), /its header is missing at byte 5/);
});

test('deflated data that are none fail their member, as does a wrong checksum', async () => {
  const packed = zipArchive([{ name: 'a.jpg', data, method: 8 }, good]);
  packed.fill(0xff, 35, 60);
  const { failed, names } = await outcome(write('broken.zip', packed));
  assert.match(failed.join(), /^a\.jpg: its deflated data are damaged/);
  assert.deepEqual(names, ['good.jpg']);
  assert.match(await reasonOf({ crc: 1 }), /checksum \(CRC-32\) is wrong/);
});

test('members that lie in one another fail once they claim more than the file has', async () => {
  const members = Array.from({ length: 50 }, (_, index) => ({
    name: `${index}.jpg`,
    data: index === 0 ? Buffer.alloc(1000, 'x') : Buffer.alloc(0),
    offset: 0,
    size: 1000,
    compressedSize: 1000,
    crc: crc32InTable(Buffer.alloc(1000, 'x')),
  }));
  const { names, failed } = await read(members);
  assert.ok(names.length < 10, String(names.length));
  assert.equal(names.length + failed.length, 50);
  assert.match(failed.join(), /overlaps other members/);
});

test('a symbolic link is a link, and a folder is nothing', async () => {
  const link = { name: 'link.jpg', data, attributes: 0o120777 * 65536 };
  const { names, links, other } = await read([link, { name: 'd/', data: Buffer.alloc(0) }, good]);
  assert.deepEqual([names, links, other], [['good.jpg'], ['link.jpg'], []]);
});

test('bytes before, a comment, and bytes after are passed over', async () => {
  const before = Buffer.from('#!/bin/sh\n');
  const after = Buffer.alloc(100_000, 'PK\x05\x06 ');
  const expected = [sha256(data)];
  assert.deepEqual((await read([good], { before })).shas, expected);
  assert.deepEqual((await read([good], { comment: 'x'.repeat(65535) })).shas, expected);
  assert.deepEqual((await read([good], { before, after: Buffer.alloc(5000) })).shas, expected);
  const { damage } = await read([good], { after });
  assert.match(damage ?? '', /the directory that ends a zip/);
});

test('a count that overflowed at 65,536, as of a Mac, is no damage', async () => {
  const members = Array.from({ length: 65_540 }, (_, index) => ({
    name: `${index}.txt`,
    data: Buffer.alloc(0),
  }));
  const { other, damage } = await read(members, { count: 4 });
  assert.equal(other.length, 65_540);
  assert.equal(damage, undefined);
});

test('offsets that overflowed at 4 GiB, as of a Mac, are put right', async () => {
  const offsets = [0, 1000, 100];
  const archive = zipArchive(
    offsets.map((offset, index) => ({ name: `${index}.jpg`, data, offset })),
  );
  const directory = archive.indexOf('PK\x01\x02');
  const length = directory / offsets.length;
  // The third member stands at 100 and 4 GiB, the directory behind it. Holes take no room.
  const far = 2 ** 32;
  const path = write('four.zip', Buffer.alloc(0));
  const file = openSync(path, 'r+');
  writeSync(file, archive, 0, length, 0);
  writeSync(file, archive, length, length, 1000);
  writeSync(file, archive, 2 * length, length, far + 100);
  writeSync(file, archive, directory, archive.length - directory, far + directory);
  closeSync(file);
  const { names, failed, damage } = await outcome(path);
  assert.deepEqual([names, failed, damage], [['0.jpg', '1.jpg', '2.jpg'], [], undefined]);
});

test('a count that is wrong in another way is damage after all entries', async () => {
  for (const count of [1, 3, 65535]) {
    const { names, damage } = await read([good, { name: 'b.jpg', data }], { count });
    assert.deepEqual(names, ['good.jpg', 'b.jpg']);
    assert.match(damage ?? '', new RegExp(`: ${count} entries in the directory, which holds 2`));
  }
});

/** The archive with a 64-bit record of its end, and an end that leaves all to it. */
function withZip64End(archive: Buffer, count: bigint, before = Buffer.alloc(0)): Buffer {
  const end = archive.subarray(-22);
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(count, 24);
  record.writeBigUInt64LE(count, 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07');
  locator.writeBigUInt64LE(BigInt(archive.length - 22), 8);
  locator.writeUInt32LE(1, 16);
  const all = Buffer.from(end);
  all.fill(0xff, 8, 20);
  return Buffer.concat([before, archive.subarray(0, -22), record, locator, all]);
}

test('the 64-bit record of the end counts, before which other bytes may stand', async () => {
  const archive = zipArchive([good, { name: 'b.jpg', data }]);
  for (const before of [Buffer.alloc(0), Buffer.alloc(777, 'x')]) {
    const { names, failed, damage } = await outcome(
      write('64.zip', withZip64End(archive, 2n, before)),
    );
    assert.deepEqual([names, failed, damage], [['good.jpg', 'b.jpg'], [], undefined]);
  }
});

test('a count of 2^32 or 2^63 entries costs nothing and is damage', async () => {
  const archive = zipArchive([good]);
  for (const count of [2n ** 32n + 1n, 2n ** 63n]) {
    const { names, damage } = await outcome(write('count.zip', withZip64End(archive, count)));
    assert.deepEqual(names, ['good.jpg']);
    assert.match(damage ?? '', /entries in the directory, which holds 1$/);
  }
});

test('the last of several parts of a zip is refused as such', async () => {
  const archive = zipArchive([good]);
  archive.writeUInt16LE(2, archive.length - 18);
  const { names, damage } = await outcome(write('part.zip', archive));
  assert.deepEqual(names, []);
  assert.match(damage ?? '', /a zip in one part; this is part 3 of several$/);
});

test('a broken entry of the directory is damage after those before it', async () => {
  const archive = zipArchive([good, { name: 'b.jpg', data }]);
  const at = archive.lastIndexOf('PK\x01\x02');
  archive[at] = 0;
  const { names, damage } = await outcome(write('entry.zip', archive));
  assert.deepEqual(names, ['good.jpg']);
  assert.equal(damage, `${at}: an entry of the directory of a zip`);
});

test('names are bytes: those that are no UTF-8 stay, and end before a NUL', async () => {
  const latin1 = Buffer.from('f\xfcr.jpg', 'latin1');
  const archive = await read([
    { name: latin1, data },
    { name: 'a.jpg\0.txt', data },
  ]);
  assert.deepEqual(archive.names, [latin1.toString(), 'a.jpg']);
});

test('a zip without members has none', async () => {
  const { kind, names, damage } = await read([]);
  assert.deepEqual([kind, names, damage], ['zip', [], undefined]);
});
