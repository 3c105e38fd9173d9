import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { test } from 'node:test';
import { archiveFingerprint } from '../../../../src/inputs/archives/fingerprint.js';
import { scratchFolder, sha256 } from './read-archive.js';

const write = scratchFolder();
const MIB = 2 ** 20;

test('a fingerprint is the size, the time and the hash of both ends', async () => {
  const bytes = Buffer.alloc(3 * MIB, 'a tar, a zip, or another');
  const path = write('large', bytes);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  assert.deepEqual(await archiveFingerprint(path), {
    size: 3 * MIB,
    mtimeMs: 1_700_000_000_000,
    sha256: sha256(Buffer.concat([bytes.subarray(0, MIB), bytes.subarray(2 * MIB)])),
  });
});

test('a change at either end changes the hash, also of a file smaller than one end', async () => {
  for (const size of [0, 10, MIB + 5, 3 * MIB]) {
    const bytes = Buffer.alloc(size, 1);
    const hashes = new Set([(await archiveFingerprint(write('before', bytes))).sha256]);
    for (const at of size === 0 ? [] : [0, size - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = 2;
      hashes.add((await archiveFingerprint(write('after', changed))).sha256);
    }
    assert.equal(hashes.size, size === 0 ? 1 : 3);
  }
});
