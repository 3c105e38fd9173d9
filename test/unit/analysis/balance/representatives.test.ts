import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Representatives } from '../../../../src/analysis/balance/representatives.js';
import { Random } from '../../../../src/analysis/composition/random.js';

test('each of many keys is represented by its smallest face, while the table grows', () => {
  const table = new Representatives();
  const random = Random.stream(0, 'faces');
  const faces = Array.from({ length: 30_000 }, (_, k) => ({
    key: `key ${Math.floor(10_000 * random.uniform())}`,
    path: `path ${k}`,
    hash: random.next(),
    cell: k,
  }));
  const smallest = new Map<string, (typeof faces)[number]>();
  for (const face of faces) {
    const { key, path, hash, cell } = face;
    table.add(Buffer.from(key), Buffer.from(path), hash, cell);
    if (hash < (smallest.get(key)?.hash ?? Number.POSITIVE_INFINITY)) smallest.set(key, face);
  }
  assert.equal(table.size, smallest.size);
  const cells = [...smallest.values()].map(({ cell }) => cell);
  assert.deepEqual(
    [...table.cells()].sort((a, b) => a - b),
    cells.sort((a, b) => a - b),
  );
  for (const face of faces) {
    const isOne = table.isOne(Buffer.from(face.key), Buffer.from(face.path), face.hash);
    assert.equal(isOne, smallest.get(face.key) === face);
  }
  assert.ok(!table.isOne(Buffer.from('no such key'), Buffer.from('x'), 0));
});

test('of faces with one hash the same represents the key in either order', () => {
  const [key, ...paths] = ['key', 'a', 'b'].map((text) => Buffer.from(text));
  const chosen = [paths, paths.toReversed()].map((order) => {
    const table = new Representatives();
    for (const path of order) table.add(key, path, 5, 0);
    const ones = paths.filter((path) => table.isOne(key, path, 5));
    assert.equal(ones.length, 1);
    return ones[0];
  });
  assert.equal(chosen[0], chosen[1]);
});
