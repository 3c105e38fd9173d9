import assert from 'node:assert/strict';
import { test } from 'node:test';
import { integer } from '../../../src/files/text/plural.js';

test('integers are grouped as Intl groups them', () => {
  const edges = [0, 9, 10, 99, 100, 999, 1000, 9999, 123456, 1e6 - 1, 1e6, 1e9, 2 ** 53 - 1];
  for (const value of edges) assert.equal(integer(value), value.toLocaleString('en-US'));
});
