import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xxh32 } from '../../../src/files/xxh32.js';

const FOX = 'The quick brown fox jumps over the lazy dog';

test('published test vectors have their hashes', () => {
  // xxhashct (test.cpp), xxHash-Swift (xxHashTests.swift), bdn (test for XxHash32).
  for (const [text, seed, expected] of [
    ['', 0, 0x02cc5d05],
    ['', 2654435761, 0x36b78ae7],
    ['test', 0, 0x3e2023cf],
    ['1', 0, 0xb6ecc8b2],
    ['123', 0, 0xb6855437],
    ['1234567', 0, 0xdd8d554e],
    ['123456789ABC', 0, 0x4c91c2e5],
    ['123456789ABCDEF', 0, 0x576e3cf9],
    ['0', 0x12345678, 0xf53c91ba],
    ['0123', 0x12345678, 0x405c9efd],
    ['012345', 0x12345678, 0xa4a6ac60],
  ] as const) {
    assert.equal(xxh32(Buffer.from(text), 0, seed), expected, `${text}, seed ${seed}`);
  }
});

test('the hashes are those of the reference library', () => {
  // XXH32 of libxxhash 0.8.1.
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  for (const [bytes, seed, expected] of [
    [Buffer.from(FOX), 0, 0xe85ea4de],
    [Buffer.from(FOX), 1, 0x234f8471],
    [Buffer.from('n000001/0001_01.jpg'), 0, 0x8f8e4c3a],
    [Buffer.from('n000001/0001_01.jpg'), 4294967295, 0x1aeac41b],
    [Buffer.from('\xff\x00\x80/\xfe.jpg', 'latin1'), 7, 0x44c706fd],
    [everyByte, 42, 0x4eb31697],
  ] as const) {
    assert.equal(xxh32(bytes, 0, seed), expected);
    // The same bytes further on, at any alignment.
    for (const skipped of [1, 2, 3]) {
      const shifted = Buffer.concat([Buffer.alloc(skipped, 0xaa), bytes]);
      assert.equal(xxh32(shifted, skipped, seed), expected);
    }
  }
});
