import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faceSuffix, isFurtherFace } from '../../../src/inputs/face-name.js';

test('names of further faces are told from all others', () => {
  for (const [path, isFurther] of [
    ['p/x.jpg', false],
    ['p/x.jpg#0', false],
    ['p/x.jpg#1', true],
    ['p/x.jpg#10', true],
    ['p/x#1', true],
    ['p/x.jpg_0.jpg', false],
    ['p/x.jpg_1.jpg', true],
    ['p/x.JPEG_12.png', true],
    ['p/x.tiff_1.jpg', true],
    ['x.webp_2.png', true],
    // These are photographs.
    ['p/IMG_1.jpg', false],
    ['p/x.jpg/IMG_1.jpg', false],
    ['p.jpg_1.jpg/x.jpg', false],
    ['p/x.jpg_1.jpeg', false],
    ['p/x.jpg_1.webp', false],
    ['p/x.jpg_a.jpg', false],
    ['p#1/x.jpg', false],
    ['p/x.txt_1.jpg', false],
  ] as const) {
    assert.equal(isFurtherFace(Buffer.from(path)), isFurther, path);
  }
  assert.ok(isFurtherFace(Buffer.from([0xff, ...Buffer.from('.jpg#3')])));
});

test('a name gives where the photograph ends, and the number of the face', () => {
  assert.deepEqual(faceSuffix('p/x.jpg#12'), { start: 7, face: 12 });
  assert.deepEqual(faceSuffix('p/x.jpg_3.png'), { start: 7, face: 3 });
  assert.deepEqual(faceSuffix('IMG_1.jpg'), { start: 3, face: 1 });
  assert.equal(faceSuffix('p/x.jpg'), undefined);
});
