import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import type { Point } from '../../../../src/detect/detector.js';
import { cutOut, placeLandmarks } from '../../../../src/detect/ssd/landmarks.js';
import { locate } from '../../../../src/detect/ssd/locate.js';
import { Ssd } from '../../../../src/detect/ssd/ssd.js';
import { decodeImage } from '../../../../src/image/decode.js';
import type { RgbImage } from '../../../../src/image/image.js';
import { findSsd, openSsd, ssdNetwork } from '../../../../src/models/detectors.js';
import { createSession, type Session } from '../../../../src/runtime/onnxruntime.js';
import { jsonFixture, samplePhotographs } from '../../../support/fixture.js';
import { assertNear } from '../../../support/near.js';

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Picture {
  readonly photograph: string;
  readonly part?: Part;
  readonly faces: readonly {
    readonly score: number;
    readonly box: readonly [left: number, top: number, width: number, height: number];
    readonly landmarks: readonly Point[];
  }[];
}

const { pictures }: { pictures: readonly Picture[] } = jsonFixture('ssd/golden.json');

let ssd: Session;
let landmarks: Session;

before(async () => {
  ssd = await createSession(ssdNetwork('ssd'), 'ssd', { threads: 1 });
  landmarks = await createSession(ssdNetwork('landmarks'), 'landmarks', { threads: 1 });
});

async function load({ photograph, part }: Picture): Promise<RgbImage> {
  const file = Buffer.from(path.join(samplePhotographs(), photograph));
  const image = await decodeImage(file, { ignoreExif: false, maxMegapixels: 100 });
  return part === undefined ? image : cropped(image, part);
}

function cropped(image: RgbImage, { left, top, width, height }: Part): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, width, height };
}

for (const picture of pictures) {
  const { photograph, part, faces } = picture;
  test(`face-api's faces in ${photograph}${part ? `, ${part.width}x${part.height}` : ''}`, async () => {
    const image = await load(picture);
    const boxes = await locate(ssd, image, 0.5);
    assert.equal(boxes.length, faces.length);
    const placed = await placeLandmarks(landmarks, image, boxes);
    for (const [index, { score, box, landmarks: points }] of faces.entries()) {
      const what = `face ${index}`;
      const found = placed[index].box;
      assertNear(found.score, score, 1e-4, what);
      const sides = [found.left, found.top, found.right - found.left, found.bottom - found.top];
      for (const [i, side] of sides.entries()) assertNear(side, box[i], 0.005, `${what} box ${i}`);
      // face-api adds the landmarks to the unrounded corner and halves odd margins: see the fixture's README.
      const square = cutOut(found, image);
      const right = box[0] - square.x - (square.side - square.width) / 2 + square.left;
      const below = box[1] - square.y - (square.side - square.height) / 2 + square.top;
      for (const [i, [x, y]] of points.entries()) {
        assertNear(placed[index].points[i][0], x - right, 0.005, `${what} landmark ${i} x`);
        assertNear(placed[index].points[i][1], y - below, 0.005, `${what} landmark ${i} y`);
        assertNear(placed[index].points[i][0], x, 1.5, `${what} landmark ${i} x, uncorrected`);
        assertNear(placed[index].points[i][1], y, 1.5, `${what} landmark ${i} y, uncorrected`);
      }
    }
  });
}

test('the detector gives best scores first, and boxes whose last pixels belong to them', async () => {
  const detector = await openSsd(findSsd(), { minConfidence: 0.5 }, { threads: 1 });
  const [picture] = pictures;
  const found = await detector.detect(await load(picture));
  assert.equal(found.length, picture.faces.length);
  const [left, top, width, height] = picture.faces[0].box;
  const expected = [left, top, left + width - 1, top + height - 1];
  for (const [i, value] of found[0].box.entries())
    assertNear(value, expected[i], 0.005, `box ${i}`);
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = found[0].landmarks;
  assert.ok(leftEye[0] < nose[0] && nose[0] < rightEye[0] && leftMouth[0] < rightMouth[0]);
  assert.ok(leftEye[1] < nose[1] && nose[1] < leftMouth[1]);
  const sure = await openSsd(findSsd(), { minConfidence: 0.99 }, { threads: 1 });
  assert.equal((await sure.detect(await load(picture))).length, 2);
});

test('a landmark network that prefers few shapes gets full batches, and gives the same', async () => {
  const [picture] = pictures;
  const image = await load(picture);
  const boxes = await locate(ssd, image, 0.5);
  const shapes: number[] = [];
  const padding: Session = {
    prefersFewShapes: true,
    run(inputs) {
      shapes.push(inputs.input.dims[0]);
      return landmarks.run(inputs);
    },
  };
  const many = Array.from({ length: 20 }, (_, i) => boxes[i % boxes.length]);
  const padded = await placeLandmarks(padding, image, many);
  assert.deepEqual(shapes, [16, 16]);
  const plain = await placeLandmarks(landmarks, image, many);
  for (const [face, { points }] of plain.entries()) {
    for (const [i, [x]] of points.entries()) assertNear(padded[face].points[i][0], x, 1e-3, 'x');
  }
});

test('pictures of any size are searched, also of one pixel or one row', async () => {
  const detector = new Ssd({ ssd, landmarks }, { minConfidence: 0 });
  for (const [width, height] of [
    [1, 1],
    [3000, 1],
    [1, 2000],
    [5, 513],
  ]) {
    const image = { data: new Uint8Array(width * height * 3).fill(99), width, height };
    for (const { box, landmarks: points } of await detector.detect(image)) {
      assert.ok([...box, ...points.flat()].every(Number.isFinite));
      assert.ok(box[0] >= 0 && box[1] >= 0 && box[2] <= width && box[3] <= height);
    }
  }
});
