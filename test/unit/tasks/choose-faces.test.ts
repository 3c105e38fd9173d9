import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box, Face } from '../../../src/detect/detector.js';
import { chooseFaces } from '../../../src/tasks/align.js';

function faceAt(box: Box): Face {
  return {
    score: 1,
    box,
    landmarks: [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  };
}

const SIZE = { width: 100, height: 60 };
const corner = faceAt([0, 0, 29, 29]);
const middle = faceAt([45, 25, 54, 34]);
const large = faceAt([60, 10, 99, 49]);

test('all faces are kept in their order, none where there is none', () => {
  const faces = [corner, middle, large];
  assert.deepEqual(chooseFaces(faces, 'all', SIZE), faces);
  for (const choice of ['all', 'largest', 'central'] as const) {
    assert.deepEqual(chooseFaces([], choice, SIZE), []);
  }
});

test('the largest box is kept, or the one whose centre is nearest to the middle of the photograph', () => {
  assert.deepEqual(chooseFaces([corner, middle, large], 'largest', SIZE), [large]);
  assert.deepEqual(chooseFaces([corner, middle, large], 'central', SIZE), [middle]);
});

test('the first of equals is kept, which has the better score', () => {
  const left = faceAt([30, 20, 39, 29]);
  const right = faceAt([60, 30, 69, 39]);
  assert.equal(chooseFaces([left, right], 'largest', SIZE)[0], left);
  assert.equal(chooseFaces([right, left], 'central', SIZE)[0], right);
});
