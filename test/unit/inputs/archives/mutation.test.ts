/**
 * Archives come from strangers: whatever bytes are in one, its reading ends soon, in little memory,
 * and throws nothing but what it declares. The seed of a case makes it again.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../../src/inputs/archives/failure.js';
import {
  likeJpeg,
  recordData,
  recordPart,
  TAR_END,
  tarMember,
  zipArchive,
} from './make-archives.js';
import { dataset, outcome, scratchFolder } from './read-archive.js';

const write = scratchFolder();
const CASES = 250;
/** Milliseconds for one case; it takes 2, and the machine may be busy. */
const LONGEST = 10_000;
/** Of members that the mutated archives may claim. */
const LARGEST_MEMBER = 2 ** 20;
const MOST_MEMORY = 2 ** 29;

const EXTREMES = [
  0n,
  1n,
  2n ** 15n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 64n - 1n,
];

/** Mulberry32. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One to three changes: a bit, a number at an edge of its type, some bytes out, in, or cut off. */
function mutate(whole: Buffer, below: (limit: number) => number): Buffer {
  let bytes = Buffer.from(whole);
  for (let changes = 1 + below(3); changes > 0 && bytes.length > 8; changes -= 1) {
    // Headers stand at the start and the end of most forms.
    const near = Math.min(bytes.length, 1024);
    const places = [below(near), bytes.length - 1 - below(near), below(bytes.length)];
    const at = places[below(3)];
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(EXTREMES[below(EXTREMES.length)]);
    const width = Math.min([1, 2, 4, 8][below(4)], bytes.length - at);
    const kind = below(8);
    if (kind < 3) bytes[at] ^= 1 << below(8);
    else if (kind < 5) number.copy(bytes, at, 0, width);
    else if (kind === 5) bytes = bytes.subarray(0, at);
    else if (kind === 6) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + width)]);
    else
      bytes = Buffer.concat([bytes.subarray(0, at), number.subarray(0, width), bytes.subarray(at)]);
  }
  return bytes;
}

const read = (name: string) => readFileSync(dataset(name));
const image = likeJpeg(300);
const tar = Buffer.concat([
  tarMember({ name: 'pax', type: 'x', data: Buffer.from('15 path=ab.jpg\n') }),
  tarMember({ name: 'a.jpg', data: image }),
  tarMember({ name: '././@LongLink', type: 'L', data: Buffer.from('long.jpg\0') }),
  tarMember({ name: 'b.jpg', data: image }),
  TAR_END,
]);
const zip = zipArchive([
  { name: 'a.jpg', data: image, method: 8 },
  { name: 'b.jpg', data: image },
]);
const rec = Buffer.concat([
  recordPart(recordData({ labels: [1, 2], id: 1n, image })),
  recordPart(recordData({ id: 2n, image }), 1),
  recordPart(image, 3),
  recordPart(recordData({ labels: [1, 2], id: 3n })),
]);

const ARCHIVES: Record<string, readonly Buffer[]> = {
  tar: [tar, read('odd/sparse.tar')],
  'tar.gz': [gzipSync(tar), gzipSync(tar, { level: 0 })],
  zip: [zip, zipArchive([{ name: 'a.jpg', data: image }], { before: Buffer.alloc(50, 'x') })],
  recordio: [rec],
  'Parquet v1': ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'].map((codec) =>
    read(`encodings/${codec}-v1.parquet`),
  ),
  'Parquet v2': ['none', 'snappy', 'zstd'].map((codec) => read(`encodings/${codec}-v2.parquet`)),
  'Parquet encodings': ['plain', 'delta-byte-array', 'delta-length-byte-array'].map((encoding) =>
    read(`encodings/${encoding}.parquet`),
  ),
};

for (const [kind, archives] of Object.entries(ARCHIVES)) {
  test(`a mutated archive (${kind}) is read soon or refused, and nothing else`, async () => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = dice(seed);
      const path = write('mutated', mutate(archives[below(archives.length)], below));
      const begin = performance.now();
      try {
        await outcome(path, { largestMember: LARGEST_MEMBER });
      } catch (error) {
        const isDeclared = error instanceof UserError || /is no archive/.test(String(error));
        assert.ok(isDeclared, `seed ${seed}: ${(error as Error).stack}`);
      }
      const took = performance.now() - begin;
      assert.ok(took < LONGEST, `seed ${seed} took ${took} ms`);
      const { rss } = process.memoryUsage();
      assert.ok(rss < MOST_MEMORY, `seed ${seed} left ${rss} bytes in use`);
    }
  });
}
