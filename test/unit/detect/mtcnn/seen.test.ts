import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  type PaddedImage,
  padToSquare,
  resizePadded,
} from '../../../../src/detect/mtcnn/padding.js';
import { proposeAtScales } from '../../../../src/detect/mtcnn/pnet.js';
import { type Span, STRIDE, seenPart, VIEW } from '../../../../src/detect/mtcnn/seen.js';
import { bundledMtcnn } from '../../../../src/models/models.js';
import { createSession } from '../../../../src/runtime/onnxruntime.js';
import { seededRandom } from '../../../support/bytes.js';

function picture(width: number, height: number, level: () => number): PaddedImage {
  const data = Uint8Array.from({ length: 3 * width * height }, level);
  return padToSquare({ data, width, height });
}

function levelOf(padded: PaddedImage, side: number): Uint8Array {
  const window = { x: 0, y: 0, width: padded.side, height: padded.side };
  const [pixels] = resizePadded(padded, [{ window, width: side, height: side }]);
  return pixels;
}

test('cells that see anything but black are in the part, in their places', () => {
  const random = seededRandom(1);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  for (let round = 0; round < 300; round++) {
    const padded = picture(upTo(120), upTo(120), () => 255);
    const side = Math.max(VIEW + 1, Math.ceil(padded.side * random()));
    const pixels = levelOf(padded, side);
    const { columns, rows } = seenPart(padded, side);
    const sees = (line: (i: number) => number[], span: Span) => {
      const lit = Array.from({ length: side }, (_, i) => line(i).some((level) => level > 0));
      const cells = (size: number) => Math.ceil((size - 2) / 2) - 4;
      const [from, count] = [span.start / STRIDE, cells(span.size)];
      assert.equal(span.start % 2, 0);
      assert.ok(span.size >= VIEW && span.start + span.size <= side);
      for (let cell = 0; cell < cells(side); cell++) {
        const isInPart = cell >= from && cell < from + count;
        const isLit = lit.slice(cell * STRIDE, cell * STRIDE + VIEW).includes(true);
        assert.ok(isInPart || !isLit, `cell ${cell} of ${side}, part ${Object.values(span)}`);
      }
    };
    const all = Array.from({ length: side }, (_, i) => i);
    sees((x) => all.map((y) => pixels[y * side + x]), columns);
    sees((y) => all.map((x) => pixels[y * side + x]), rows);
  }
});

test('half of a photograph of 2:1 is left out', () => {
  const { columns, rows } = seenPart(
    picture(400, 200, () => 1),
    100,
  );
  assert.deepEqual(columns, { start: 0, size: 100 });
  // Rows 25 to 75 hold the photograph, one more on either side a little of it; cells that reach into these.
  assert.ok(rows.start >= 12 && rows.start <= 14 && rows.start + rows.size <= 90);
});

test('the same is proposed with and without the cells that see only padding', async () => {
  const file = bundledMtcnn().pnet;
  const pnet = await createSession(await readFile(file), file, { threads: 1 });
  const random = seededRandom(2);
  for (const [width, height] of [
    [160, 90],
    [91, 160],
    [160, 31],
    [33, 161],
    [100, 100],
  ]) {
    const padded = picture(width, height, () => random() * 256);
    const scales = [0.6, 0.37, 0.2, 0.13];
    // A low one, so that noise has faces too, all along the borders.
    const threshold = 0.02;
    const all = await proposeAtScales(pnet, padded, scales, threshold, false);
    const seen = await proposeAtScales(pnet, padded, scales, threshold, true);
    assert.ok(all.flat().length > 10);
    for (const [level, proposals] of all.entries()) {
      assert.equal(seen[level].length, proposals.length);
      for (const [i, { score, offsets, ...box }] of proposals.entries()) {
        const { score: otherScore, offsets: otherOffsets, ...otherBox } = seen[level][i];
        assert.deepEqual(otherBox, box);
        for (const [k, value] of [score, ...offsets].entries()) {
          assert.ok(Math.abs([otherScore, ...otherOffsets][k] - value) < 1e-5);
        }
      }
    }
  }
});
