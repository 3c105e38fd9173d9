import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ParquetLocator } from '../../../../src/inputs/archives/entry.js';
import { MemberReader } from '../../../../src/inputs/archives/member-reader.js';
import {
  readByteArrays,
  readRuns,
} from '../../../../src/inputs/archives/parquet/parquet-values.js';
import { thriftEnd } from '../../../../src/inputs/archives/parquet/thrift.js';
import { dataset, open, outcome, scratchFolder, sha256 } from './read-archive.js';

const write = scratchFolder();
const INDEXES = Array.from({ length: 40 }, (_, index) => index);
const isNull = (index: number) => index % 5 === 4;
/** The rows of encodings/, as its README tells. */
const row = (index: number) => Buffer.alloc(((index * 37) % 50) + 1, index);
const name = (index: number) => `${String(index).padStart(2, '0')}.jpg`;

for (const file of readdirSync(dataset('encodings'))) {
  test(`encodings/${file} gives the rows that pyarrow wrote`, async () => {
    const { names, shas, failed, damage } = await outcome(dataset(`encodings/${file}`));
    const isRequired = file === 'required.parquet';
    const present = INDEXES.filter((index) => isRequired || !isNull(index));
    assert.deepEqual(names, present.map(name));
    const bytes = present.map((index) => (isNull(index) ? Buffer.from('-') : row(index)));
    assert.deepEqual(shas, bytes.map(sha256));
    const nulls = isRequired ? [] : INDEXES.filter(isNull);
    assert.deepEqual(
      failed,
      nulls.map((index) => `${name(index)}: holds a path and no bytes`),
    );
    assert.equal(damage, undefined);
  });
}

test('rows are read by their locators in any order, and at the same time', async () => {
  const path = dataset('encodings/zstd-v2.parquet');
  const archive = await open(path);
  const located: { locator: ParquetLocator; bytes: Buffer }[] = [];
  for await (const entry of archive.members()) {
    if (entry.kind !== 'member' || entry.locator?.kind !== 'parquet' || !entry.bytes) continue;
    located.push({ locator: entry.locator, bytes: Buffer.from(entry.bytes) });
  }
  const reader = new MemberReader();
  const shuffled = located.toSorted(
    (a, b) => ((a.locator.row * 7) % 17) - ((b.locator.row * 7) % 17),
  );
  await Promise.all(
    shuffled.map(async ({ locator, bytes }) => {
      assert.ok(bytes.equals(await reader.read(path, locator)));
    }),
  );
  await assert.rejects(reader.read(path, { ...located[0].locator, row: 17 }), /is missing/);
  await assert.rejects(reader.read(path, { ...located[0].locator, row: 4 }), /no bytes/);
  await reader.close();
});

test('a footer that claims two gigabytes, or is encrypted, is damage', async () => {
  const claims = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(1000), Buffer.alloc(4)]);
  claims.writeUInt32LE(2 ** 31 - 1, 1004);
  const large = await outcome(write('large.parquet', Buffer.concat([claims, Buffer.from('PAR1')])));
  assert.equal(large.damage, '1004: a footer within the file, not of 2147483647 bytes');
  const locked = await outcome(write('e.parquet', Buffer.concat([claims, Buffer.from('PARE')])));
  assert.match(locked.damage ?? '', /a footer of Parquet that is not encrypted/);
});

test('more rows than the file has bytes are damage', async () => {
  const file = readFileSync(dataset('encodings/required.parquet'));
  // The 40 rows of file and row group, as zigzag numbers of 64 bits (type 6) in the footer.
  const rows = Buffer.from([0x16, 0x50]);
  const claimed = Buffer.from([0x16, 0x80, 0x80, 0x80, 0x80, 0x40]);
  const length = file.readUInt32LE(file.length - 8);
  const footer = file.subarray(file.length - 8 - length, file.length - 8);
  const parts = footer.toString('latin1').split(rows.toString('latin1'));
  const changed = Buffer.from(parts.join(claimed.toString('latin1')), 'latin1');
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(changed.length, 0);
  tail.write('PAR1', 4);
  const start = file.subarray(0, file.length - 8 - length);
  const { damage } = await outcome(write('rows.parquet', Buffer.concat([start, changed, tail])));
  assert.match(damage ?? '', /fewer rows than \d+ bytes can hold; it claims 8589934592/);
});

test('runs end at the number of values, whatever they claim', () => {
  // A run of 2^31 - 1 times 1; packed bits 0 to 7 (the example of the format's documentation).
  assert.deepEqual([...readRuns(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 1]), 1, 3)], [1, 1, 1]);
  const packed = Buffer.from([0x03, 0x88, 0xc6, 0xfa]);
  assert.deepEqual([...readRuns(packed, 3, 8)], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.throws(() => readRuns(Buffer.from([0, 0]), 1, 3), /a run that is not empty/);
  assert.throws(() => readRuns(packed, 3, 9), RangeError);
});

test('values that reach past their page, or name no entry of the dictionary, are refused', () => {
  const past = Buffer.from([4, 0, 0, 0, 1, 2, 3]);
  assert.throws(() => readByteArrays(past, 1, 'PLAIN', undefined), /within its page/);
  assert.throws(() => readByteArrays(past, 2 ** 30, 'PLAIN', undefined), /within its page/);
  const index = Buffer.from([1, 2, 1]);
  assert.throws(
    () => readByteArrays(index, 1, 'RLE_DICTIONARY', [past]),
    /entry of the dictionary/,
  );
  assert.throws(() => readByteArrays(index, 1, 'RLE_DICTIONARY', undefined), /a dictionary before/);
  assert.throws(() => readByteArrays(past, 1, 'BYTE_STREAM_SPLIT', undefined), /BYTE_STREAM_SPLIT/);
});

test('Thrift that would keep a decoder busy is told from what is cut off', () => {
  const footer = readFileSync(dataset('encodings/required.parquet'));
  const length = footer.readUInt32LE(footer.length - 8);
  const metadata = footer.subarray(footer.length - 8 - length, footer.length - 8);
  assert.equal(thriftEnd(metadata), length);
  assert.equal(thriftEnd(metadata.subarray(0, -1)), 'short');
  // A list of 2^23 empty structures.
  const objects = Buffer.concat([
    Buffer.from([0x19, 0xfc, 0x80, 0x80, 0x80, 4]),
    Buffer.alloc(2 ** 23),
  ]);
  assert.equal(thriftEnd(objects), 'broken');
  // A number of 10,000 bytes; lists in lists in lists; a list of 2^31 elements.
  const number = Buffer.concat([Buffer.from([0x16]), Buffer.alloc(10_000, 0xff)]);
  assert.equal(thriftEnd(number), 'broken');
  assert.equal(thriftEnd(Buffer.concat([Buffer.from([0x19]), Buffer.alloc(1000, 0x19)])), 'broken');
  assert.equal(thriftEnd(Buffer.from([0x19, 0xf3, 0x80, 0x80, 0x80, 0x80, 8, 0])), 'broken');
});
