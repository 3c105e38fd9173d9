import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Candidate,
  clip,
  regress,
  suppressCandidates,
  toRoundedSquare,
} from '../../../../src/detect/mtcnn/boxes.js';

function candidate(
  [x1, y1, x2, y2]: [number, number, number, number],
  score = 1,
  offsets: Candidate['offsets'] = [0, 0, 0, 0],
): Candidate {
  return { x1, y1, x2, y2, score, offsets };
}

const corners = ({ x1, y1, x2, y2 }: Candidate) => [x1, y1, x2, y2];

test('sides include both end pixels: 10x10 boxes shifted by 5 share a third of their union', () => {
  const first = candidate([0, 0, 9, 9], 0.9);
  const second = candidate([5, 0, 14, 9], 0.8); // shares 5x10 of 100 + 100 - 50
  assert.deepEqual(suppressCandidates([first, second], 0.34), [first, second]);
  assert.deepEqual(suppressCandidates([first, second], 0.33), [first]);
});

test('an overlap equal to the limit is kept', () => {
  const first = candidate([0, 0, 9, 9], 0.9);
  const half = candidate([0, 0, 4, 9], 0.8); // 50 of 100
  assert.equal(suppressCandidates([first, half], 0.5).length, 2);
  assert.equal(suppressCandidates([first, half], 0.49).length, 1);
});

test('a box inside another overlaps it wholly by the smaller area', () => {
  const outer = candidate([0, 0, 99, 99], 0.9);
  const inner = candidate([40, 40, 49, 49], 0.8);
  assert.equal(suppressCandidates([outer, inner], 0.5).length, 2);
  assert.equal(suppressCandidates([outer, inner], 0.99, 'smaller').length, 1);
});

test('the best score is kept first, and a box suppressed does not suppress others', () => {
  const a = candidate([0, 0, 9, 9], 0.7);
  const b = candidate([4, 0, 13, 9], 0.9);
  const c = candidate([8, 0, 17, 9], 0.8);
  // b overlaps a and c by 60/140 = 0.43; a and c overlap by 20/180 = 0.11
  assert.deepEqual(suppressCandidates([a, b, c], 0.4), [b]);
  assert.deepEqual(suppressCandidates([a, c], 0.4), [c, a]);
});

test('the later of equal scores is taken first, as a stable ascending sort read from its end gives', () => {
  const a = candidate([0, 0, 9, 9], 0.5);
  const b = candidate([0, 0, 9, 8], 0.5);
  assert.deepEqual(suppressCandidates([a, b], 0.5), [b]);
});

test('boxes that only touch share nothing', () => {
  const a = candidate([0, 0, 9, 9]);
  const b = candidate([10, 0, 19, 9]);
  assert.equal(suppressCandidates([a, b], 0).length, 2);
});

test('offsets move corners in units of the sides', () => {
  const moved = regress(candidate([10, 20, 19, 39], 1, [0.1, -0.5, 0.2, 0.25]));
  assert.deepEqual(corners(moved), [11, 10, 21, 44]); // sides 10 and 20
});

test('the square has the longer side, the same centre, and corners rounded half to even', () => {
  // sides 10 and 20: x1 = 10 + 5 - 10, x2 = x1 + 19
  assert.deepEqual(corners(toRoundedSquare(candidate([10, 20, 19, 39]))), [5, 20, 24, 39]);
  // sides 10 and 11: x1 = 0 + 5 - 5.5 = -0.5 -> 0, x2 = -0.5 + 10 = 9.5 -> 10
  assert.deepEqual(
    corners(toRoundedSquare(candidate([0, 0, 9, 10]))).map((value) => value + 0),
    [0, 0, 10, 10],
  );
});

test('clipping keeps the part inside the square image', () => {
  assert.deepEqual(corners(clip(candidate([-5, 3, 120, 99]), 100)), [0, 3, 99, 99]);
});
