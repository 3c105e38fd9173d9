import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareFacePaths,
  folderLength,
  identityName,
  lastTwoParts,
  withoutDotSlash,
} from '../../../../src/analysis/consensus/face-path.js';

test('the identity is the folder', () => {
  for (const [path, identity, hashed] of [
    ['people/ann/3.jpg', 'people/ann', 'ann/3.jpg'],
    ['people/ann/3.jpg_0.jpg', 'people/ann', 'ann/3.jpg_0.jpg'],
    ['people/ann/3.jpg#0', 'people/ann', 'ann/3.jpg#0'],
    ['/data/people/ann/3.jpg', '/data/people/ann', 'ann/3.jpg'],
    ['ann/3.jpg', 'ann', 'ann/3.jpg'],
    ['/ann/3.jpg', '/ann', 'ann/3.jpg'],
    ['./ann/3.jpg', 'ann', 'ann/3.jpg'],
    ['./././3.jpg', '.', '3.jpg'],
    ['3.jpg', '.', '3.jpg'],
    ['/3.jpg', '/', '3.jpg'],
    ['ann//3.jpg', 'ann', 'ann//3.jpg'],
    ['../ann/3.jpg', '../ann', 'ann/3.jpg'],
    ['.ann/3.jpg', '.ann', '.ann/3.jpg'],
  ]) {
    const bytes = withoutDotSlash(Buffer.from(path));
    const name = identityName(bytes.subarray(0, folderLength(bytes)));
    assert.equal(name.toString(), identity, path);
    assert.equal(bytes.subarray(lastTwoParts(bytes)).toString(), hashed, path);
  }
});

test('paths are ordered as results are: by image, then by the number of the face', () => {
  const sorted = [
    'a b.jpg',
    'a-b/x.jpg',
    // The photograph `a.jpg` comes before `a.jpg.png`, and so do its faces.
    'a.jpg#0',
    'a.jpg#9',
    'a.jpg#10',
    'a.jpg#123',
    'a.jpg.png#0',
    'a/10',
    'a/9',
    'a/b#x',
    'a/b#x1',
    'é.jpg',
  ].map((path) => Buffer.from(path));
  for (const [i, left] of sorted.entries()) {
    for (const [j, right] of sorted.entries()) {
      assert.equal(Math.sign(compareFacePaths(left, right)), Math.sign(i - j), `${left} ${right}`);
    }
  }
});
