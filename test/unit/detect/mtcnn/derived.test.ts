/**
 * Portraits, odd padding, faces cut by the border, small and turned photographs: pieces of the sample
 * photographs through an independent implementation of the reference (test/fixtures/align/README.md).
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { alignFace } from '../../../../src/align/crop.js';
import type { MtcnnOptions } from '../../../../src/detect/mtcnn/options.js';
import { decodeImage } from '../../../../src/image/decode.js';
import type { RgbImage } from '../../../../src/image/image.js';
import { findMtcnn, openMtcnn } from '../../../../src/models/models.js';
import { jsonFixture, samplePhotographs } from '../../../support/fixture.js';
import { assertNear } from '../../../support/near.js';

interface Case {
  name: string;
  image: string;
  crop: [x: number, y: number, width: number, height: number];
  rotate: 0 | 90;
  min_face_size: number;
  thresholds: MtcnnOptions['thresholds'];
  nms_thresholds: MtcnnOptions['nmsThresholds'];
  pixels_sha256: string;
  faces: {
    box: number[];
    score: number;
    landmarks: number[][];
    matrix: number[][];
    crop_blocks: number[][][];
  }[];
}

const photographs = new Map<string, Promise<RgbImage>>();

function photograph(name: string): Promise<RgbImage> {
  const file = Buffer.from(path.join(samplePhotographs(), name));
  const decoded =
    photographs.get(name) ?? decodeImage(file, { ignoreExif: false, maxMegapixels: 100 });
  photographs.set(name, decoded);
  return decoded;
}

function cut(image: RgbImage, [left, top, width, height]: Case['crop']): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { data, width, height };
}

/** Clockwise: out[y][x] = in[h - 1 - x][y]. */
function turn({ data, width, height }: RgbImage): RgbImage {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const from = ((height - 1 - x) * width + y) * 3;
      turned.set(data.subarray(from, from + 3), (y * height + x) * 3);
    }
  }
  return { data: turned, width: height, height: width };
}

/** Mean RGB of each 7x7 block of a 112x112 crop, [16][16][3]. */
function blockMeans({ data }: RgbImage): number[][][] {
  const mean = (row: number, column: number, channel: number) => {
    let sum = 0;
    for (let y = row * 7; y < row * 7 + 7; y++) {
      for (let x = column * 7; x < column * 7 + 7; x++) sum += data[(y * 112 + x) * 3 + channel];
    }
    return sum / 49;
  };
  const sixteen = [...Array(16).keys()];
  return sixteen.map((row) =>
    sixteen.map((column) => [0, 1, 2].map((channel) => mean(row, column, channel))),
  );
}

const { cases }: { cases: Case[] } = jsonFixture('align/derived_golden.json');

test('there are cases with faces and without', () => {
  assert.ok(cases.filter(({ faces }) => faces.length > 0).length > 20);
  assert.ok(cases.filter(({ faces }) => faces.length === 0).length > 3);
});

for (const golden of cases) {
  test(`the detector finds what the reference finds in ${golden.name}`, async () => {
    const piece = cut(await photograph(golden.image), golden.crop);
    const image = golden.rotate === 90 ? turn(piece) : piece;
    assert.equal(createHash('sha256').update(image.data).digest('hex'), golden.pixels_sha256);
    const options = {
      minFaceSize: golden.min_face_size,
      thresholds: golden.thresholds,
      nmsThresholds: golden.nms_thresholds,
    };
    const detector = await openMtcnn(await findMtcnn(undefined), options, { threads: 1 });
    const faces = await detector.detect(image);
    assert.equal(faces.length, golden.faces.length);
    for (const [index, face] of faces.entries()) {
      const expected = golden.faces[index];
      assertNear(face.score, expected.score, 1e-4, 'score');
      for (const [i, side] of face.box.entries())
        assertNear(side, expected.box[i], 0.05, `box[${i}]`);
      for (const [point, position] of face.landmarks.entries()) {
        for (const [axis, value] of position.entries()) {
          assertNear(value, expected.landmarks[point][axis], 0.05, `landmark ${point}`);
        }
      }
      const { image: crop, matrix } = alignFace(image, face.landmarks, 112)!;
      for (const [i, row] of matrix.entries()) {
        for (const [j, value] of row.entries()) {
          assertNear(value, expected.matrix[i][j], j === 2 ? 0.05 : 1e-4, `matrix[${i}][${j}]`);
        }
      }
      const differences = blockMeans(crop)
        .flat(2)
        .map((mean, i) => Math.abs(mean - expected.crop_blocks.flat(2)[i]));
      assertNear(Math.max(...differences), 0, 1, 'mean of a block of the crop');
    }
  });
}
