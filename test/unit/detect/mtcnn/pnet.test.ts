import assert from 'node:assert/strict';
import { test } from 'node:test';
import { padToSquare } from '../../../../src/detect/mtcnn/padding.js';
import { faceProbability, proposeAtScales } from '../../../../src/detect/mtcnn/pnet.js';
import type { Session } from '../../../../src/runtime/onnxruntime.js';

test('the probability of a face is that of softmax in float32', () => {
  for (let step = -300; step <= 300; step++) {
    const margin = Math.fround(step * 0.37);
    const exact = 1 / (1 + Math.exp(-margin));
    const score = faceProbability(margin);
    assert.equal(score, Math.fround(score));
    assert.ok(Math.abs(score - exact) <= 2e-7 * exact + 1e-38, `${score} for ${margin}`);
    if (margin > 17) assert.equal(score, 1);
  }
  assert.equal(faceProbability(0), 0.5);
  assert.equal(faceProbability(Number.POSITIVE_INFINITY), 1);
  assert.equal(faceProbability(Number.NEGATIVE_INFINITY), 0);
});

test('a cell is a candidate if its probability exceeds the threshold', async () => {
  const side = 300;
  const cells = 145;
  const area = cells * cells;
  // Cells so far apart that none suppresses another, with more and more of a face; none in between.
  const data = new Float32Array(6 * area);
  data.fill(-200, area, 2 * area);
  const scores: number[] = [];
  for (let cell = 0; cell < area; cell++) {
    if ((cell % cells) % 8 !== 0 || Math.floor(cell / cells) % 8 !== 0) continue;
    const margin = (scores.length - 150) / 8;
    data[cell] = 1;
    data[area + cell] = 1 + margin;
    for (let offset = 0; offset < 4; offset++)
      data[(2 + offset) * area + cell] = scores.length + offset;
    scores.push(faceProbability(margin));
  }
  const pnet: Session = {
    run: async () => ({ cells: { data, dims: [1, 6, cells, cells] } }),
  };
  const black = { data: new Uint8Array(3 * side * side), width: side, height: side };
  const exactly = [0, 0.5, scores[100], scores[200], scores[scores.length - 1], 1];
  for (const threshold of [...exactly, 1e-9, 0.6, 0.9, 0.9999999]) {
    const [found] = await proposeAtScales(pnet, padToSquare(black), [1], threshold, false);
    const expected = scores.flatMap((score, i) => (score > threshold ? [i] : []));
    const byScore = (a: number, b: number) => scores[b] - scores[a] || b - a;
    assert.deepEqual(
      found.map(({ offsets: [first] }) => first),
      expected.sort(byScore),
      `above ${threshold}`,
    );
    for (const { score, offsets } of found) {
      const [i] = offsets;
      assert.equal(score, scores[i]);
      assert.deepEqual(offsets, [i, i + 1, i + 2, i + 3]);
    }
  }
});
