import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box } from '../../../src/detect/detector.js';
import { intersectionOverUnion, overlaps } from '../../../src/detect/overlaps.js';
import { jsonFixture } from '../../support/fixture.js';

/** Numbers of better faces, of faces with these boxes. */
const among = (...boxes: Box[]) => overlaps(boxes.map((box) => ({ box })));

test('the overlap of two boxes counts their last pixels', () => {
  // 10 x 10 and 5 x 10 pixels, 50 of them shared.
  assert.equal(intersectionOverUnion([0, 0, 9, 9], [5, 0, 9, 9]), 50 / 100);
  // One column of 10 pixels shared, of 190.
  assert.equal(intersectionOverUnion([0, 0, 9, 9], [9, 0, 18, 9]), 10 / 190);
  assert.equal(intersectionOverUnion([0, 0, 9, 9], [10, 0, 19, 9]), 0);
  assert.equal(intersectionOverUnion([-4, -4, 5, 5], [-4, -4, 5, 5]), 1);
});

test('a face overlaps a better one where they share more than 0.6', () => {
  // 6 and 7 of 10 columns.
  assert.deepEqual(among([0, 0, 9, 9], [0, 0, 5, 9]), [null, null]);
  assert.deepEqual(among([0, 0, 9, 9], [0, 0, 6, 9]), [null, 0]);
});

test('of several better faces that a face overlaps, the best is named', () => {
  const step = (x: number): Box => [x, 0, x + 99, 99];
  // 85/115, 85/115 and 70/130 are shared: the third overlaps the second alone.
  assert.deepEqual(among(step(0), step(15), step(30)), [null, 0, 1]);
  assert.deepEqual(among(step(0), step(15), step(5)), [null, 0, 0]);
  assert.deepEqual(among(step(500), step(0), step(5)), [null, null, 1]);
});

test('no two faces of the sample photographs overlap, nor a face moved out of its box', () => {
  const { images } = jsonFixture('align/golden.json');
  for (const name of Object.keys(images)) {
    const { faces } = images[name].upstream;
    assert.deepEqual(
      overlaps(faces),
      faces.map(() => null),
      name,
    );
    // The first face again, moved by a tenth and by a third of its width.
    const [{ box }] = faces;
    const moved = (share: number) => {
      const by = share * (box[2] - box[0] + 1);
      return { box: [box[0] + by, box[1], box[2] + by, box[3]] as Box };
    };
    // Shares 0.9 / 1.1 and (2 / 3) / (4 / 3).
    assert.deepEqual(overlaps([faces[0], moved(0.1)]), [null, 0], name);
    assert.deepEqual(overlaps([faces[0], moved(1 / 3)]), [null, null], name);
  }
});
