/**
 * XXH32, the 32-bit xxHash of Yann Collet. Specification:
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md ("XXH32 Algorithm Description").
 * Used to draw by path, to deal paths to shards, and to know a damaged line, because it takes a seed, is the
 * same on every machine, and costs less than a tenth of a hash of node:crypto on inputs as short as a path. It
 * is no protection against somebody who chooses file names for their hash.
 */

/** The five primes of the specification. */
const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

const STRIPE = 16;

/**
 * The hash, 0 .. 2^32 - 1, of the bytes from `from` to the end.
 *
 * @param seed whole number, 0 .. 2^32 - 1
 */
export function xxh32(bytes: Uint8Array, from: number, seed: number): number {
  const end = bytes.length;
  let at = from;
  let hash: number;
  if (end - from >= STRIPE) {
    let a = (seed + PRIME_1 + PRIME_2) | 0;
    let b = (seed + PRIME_2) | 0;
    let c = seed | 0;
    let d = (seed - PRIME_1) | 0;
    for (; at + STRIPE <= end; at += STRIPE) {
      a = round(a, word(bytes, at));
      b = round(b, word(bytes, at + 4));
      c = round(c, word(bytes, at + 8));
      d = round(d, word(bytes, at + 12));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  } else {
    hash = seed + PRIME_5;
  }
  hash = (hash + (end - from)) | 0;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), PRIME_3)) | 0, 17), PRIME_4);
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate((hash + Math.imul(bytes[at], PRIME_5)) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Four bytes as a little-endian number. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
