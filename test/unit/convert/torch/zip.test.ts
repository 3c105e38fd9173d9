import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../../../src/convert/format-error.js';
import { type ByteSource, MemorySource } from '../../../../src/convert/torch/byte-source.js';
import { ZipArchive } from '../../../../src/convert/torch/zip.js';
import { bytes, seededRandom, u16, u32, u64, zip } from '../../../support/bytes.js';

const FILES = { 'a/data.pkl': Buffer.from('hello'), 'a/data/0': Buffer.alloc(5000, 7) };

function archive(contents: Uint8Array): ZipArchive {
  return new ZipArchive(new MemorySource(contents));
}

function contentsOf(source: ByteSource): Buffer {
  return Buffer.from(source.read(0, source.size));
}

for (const [name, options] of Object.entries({
  stored: {},
  deflated: { deflate: true },
  'stored, zip64': { zip64: true },
  'deflated, zip64': { deflate: true, zip64: true },
})) {
  test(`a zip archive is read (${name})`, () => {
    const opened = archive(zip(FILES, options));
    assert.deepEqual([...opened.names], Object.keys(FILES));
    for (const [file, contents] of Object.entries(FILES)) {
      assert.deepEqual(contentsOf(opened.open(file)), contents);
    }
    assert.throws(() => opened.open('a/data/1'), /lacks its part "a\/data\/1"/);
  });
}

test('an archive comment and bytes in front of the end are no obstacle', () => {
  const plain = zip(FILES);
  const commented = bytes(plain.subarray(0, -2), u16(5), 'PK\x05\x06!');
  assert.ok(archive(commented).has('a/data/0'));
});

test('a prefix of an archive is refused as cut off', () => {
  const whole = zip(FILES);
  for (const length of [4, 30, 2000, whole.length - 23, whole.length - 1]) {
    assert.throws(() => archive(whole.subarray(0, length)), /is cut off/);
  }
});

test('lengths and offsets beyond the file are refused before anything is allocated', () => {
  const before = process.memoryUsage().arrayBuffers;
  const plain = zip(FILES);
  const directory = plain.indexOf('PK\x01\x02');
  const patched = (offset: number, value: number) => {
    const copy = Buffer.from(plain);
    copy.writeUInt32LE(value, offset);
    return copy;
  };
  const past = /past its own end/;
  const broken = /damaged/;
  assert.throws(() => archive(patched(plain.length - 6, 0xfffffff0)), past); // directory's offset
  assert.throws(() => archive(patched(plain.length - 10, 0xfffffff0)), past); // directory's size
  assert.throws(() => archive(patched(directory + 20, 0xfffffff0)).open('a/data.pkl'), past);
  assert.throws(() => archive(patched(directory + 24, 0xfffffff0)).open('a/data.pkl'), broken);
  assert.throws(() => archive(patched(directory + 42, 0xfffffff0)).open('a/data.pkl'), past);
  assert.throws(() => archive(patched(directory + 28, 0xffff)), broken); // length of the name
  const wide = zip(FILES, { zip64: true });
  const extra = wide.indexOf(bytes(u16(1), u16(24)));
  for (const size of [2 ** 40, 2n ** 63n]) {
    const copy = Buffer.concat([
      wide.subarray(0, extra + 4),
      u64(size),
      u64(size),
      wide.subarray(extra + 20),
    ]);
    assert.throws(() => archive(copy).open('a/data.pkl'), past);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test('a deflated entry cannot be larger than it says', () => {
  const bomb = zip({ x: Buffer.alloc(10_000_000) }, { deflate: true });
  const directory = bomb.indexOf('PK\x01\x02');
  bomb.writeUInt32LE(100, directory + 24);
  assert.throws(() => archive(bomb).open('x'), /damaged/);
  bomb.writeUInt32LE(0xf0000000, directory + 24);
  assert.throws(() => archive(bomb).open('x'), /too large to unpack/);
});

test('encrypted entries and other packing methods are refused', () => {
  const copy = zip({ x: Buffer.from('hello') });
  const directory = copy.indexOf('PK\x01\x02');
  copy.writeUInt16LE(1, directory + 8);
  assert.throws(() => archive(copy).open('x'), /encrypted/);
  copy.writeUInt16LE(0, directory + 8);
  copy.writeUInt16LE(12, directory + 10);
  assert.throws(() => archive(copy).open('x'), /zip method 12/);
});

test('mutated archives are read or refused, never anything else', () => {
  const random = seededRandom(1);
  const originals = [zip(FILES), zip(FILES, { deflate: true, zip64: true })];
  for (let i = 0; i < 2000; i++) {
    const copy = Buffer.from(originals[i % 2]);
    for (let j = 0; j <= i % 4; j++) {
      const at = copy.length - 1 - Math.floor(random() * Math.min(copy.length, 260));
      copy[at] = Math.floor(random() * 256);
    }
    try {
      const opened = archive(copy);
      for (const name of opened.names) contentsOf(opened.open(name));
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
  }
});

test('a file that is no zip archive at all is refused', () => {
  assert.throws(() => archive(bytes('PK', u32(0))), /is cut off/);
  assert.throws(() => archive(bytes()), /is cut off/);
});
