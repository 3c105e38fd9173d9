import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { alignFace } from '../../../../src/align/crop.js';
import type { Face } from '../../../../src/detect/detector.js';
import type { Mtcnn } from '../../../../src/detect/mtcnn/mtcnn.js';
import type { MtcnnOptions } from '../../../../src/detect/mtcnn/options.js';
import { padToSquare } from '../../../../src/detect/mtcnn/padding.js';
import {
  proposeAtScales,
  pyramidScales,
  seesNoFaceInBlack,
} from '../../../../src/detect/mtcnn/pnet.js';
import { packageFile } from '../../../../src/files/package.js';
import { decodeImage } from '../../../../src/image/decode.js';
import type { RgbImage } from '../../../../src/image/image.js';
import { findMtcnn, openMtcnn } from '../../../../src/models/models.js';
import { createSession } from '../../../../src/runtime/onnxruntime.js';
import { fixture, jsonFixture, samplePhotographs } from '../../../support/fixture.js';
import { assertNear } from '../../../support/near.js';

type Box = [number, number, number, number];

interface GoldenFace {
  box: Box;
  score: number;
  landmarks: [number, number][];
  matrix: [number, number, number][];
}

const DECODE = { ignoreExif: false, maxMegapixels: 100 };
const PARAMETERS: Record<string, MtcnnOptions> = {
  upstream: { minFaceSize: 100, thresholds: [0.9, 0.9, 0.9], nmsThresholds: [0.9, 0.9, 0.9] },
  default: { minFaceSize: 20, thresholds: [0.6, 0.7, 0.8], nmsThresholds: [0.7, 0.7, 0.7] },
};

function loadPhotograph(name: string): Promise<RgbImage> {
  return decodeImage(Buffer.from(path.join(samplePhotographs(), name)), DECODE);
}

function assertFaces(
  faces: readonly Face[],
  expected: readonly GoldenFace[],
  [left, top]: readonly [number, number],
): void {
  assert.equal(faces.length, expected.length, 'number of faces');
  for (const [index, face] of faces.entries()) {
    const golden = expected[index];
    assertNear(face.score, golden.score, 1e-4, `face ${index} score`);
    for (const side of [0, 1, 2, 3] as const) {
      const padding = side % 2 === 0 ? left : top;
      assertNear(face.box[side] + padding, golden.box[side], 0.05, `face ${index} box[${side}]`);
    }
    for (const [point, [x, y]] of face.landmarks.entries()) {
      assertNear(x + left, golden.landmarks[point][0], 0.05, `face ${index} landmark ${point} x`);
      assertNear(y + top, golden.landmarks[point][1], 0.05, `face ${index} landmark ${point} y`);
    }
  }
}

type Results = Record<string, { padded_size: [number, number]; faces: GoldenFace[] }>;

const golden: { images: Record<string, Results> } = jsonFixture('align/golden.json');

for (const [set, options] of Object.entries(PARAMETERS)) {
  let detector: Mtcnn;
  before(async () => {
    detector = await openMtcnn(await findMtcnn(undefined), options, { threads: 1 });
  });

  for (const [name, results] of Object.entries(golden.images)) {
    test(`${set} parameters find the reference's faces in ${name}, and its crops`, async () => {
      const photograph = await loadPhotograph(name);
      const [side] = results[set].padded_size;
      const left = Math.floor((side - photograph.width) / 2);
      const top = Math.floor((side - photograph.height) / 2);
      const faces = await detector.detect(photograph);
      assertFaces(faces, results[set].faces, [left, top]);
      for (const [index, face] of faces.entries()) {
        const file = fixture(`align/crops/${set}/${name}_${index}.png`);
        const expected = await decodeImage(Buffer.from(file), DECODE);
        const { image: crop } = alignFace(photograph, face.landmarks, 112)!;
        assert.equal(crop.data.length, expected.data.length);
        const difference = expected.data.reduce(
          (sum, level, i) => sum + Math.abs(level - crop.data[i]),
          0,
        );
        const mean = difference / expected.data.length;
        assert.ok(mean < 1, `crop ${index} differs by ${mean} levels on average`);
      }
    });
  }
}

for (const skipsPadding of [false, true]) {
  const how = skipsPadding ? 'without the padding' : 'with the padding';
  test(`each level of the pyramid proposes what the reference proposes, ${how}`, () =>
    assertProposals(skipsPadding));
}

async function assertProposals(skipsPadding: boolean): Promise<void> {
  const stages = jsonFixture('align/stages_sample2.json');
  const padded = padToSquare(await loadPhotograph(stages.image));
  const scales = pyramidScales(padded.side, stages.min_face_size);
  assert.equal(scales.length, stages.scales.length);
  const pnetFile = packageFile('pretrained_models/mtcnn/pnet.onnx');
  const pnet = await createSession(await readFile(pnetFile), pnetFile, { threads: 1 });
  const [threshold] = PARAMETERS.upstream.thresholds;
  assert.equal(await seesNoFaceInBlack(pnet, threshold), true);
  assert.equal(await seesNoFaceInBlack(pnet, 0), false);
  const levels = await proposeAtScales(pnet, padded, scales, threshold, skipsPadding);
  for (const [level, proposals] of levels.entries()) {
    assertNear(scales[level], stages.scales[level], 1e-12, `scale ${level}`);
    const expected: number[][] = stages.pnet_boxes_per_scale[level] ?? [];
    assert.equal(proposals.length, expected.length, `proposals at level ${level}`);
    for (const [index, { x1, y1, x2, y2, score, offsets }] of proposals.entries()) {
      assert.deepEqual([x1, y1, x2, y2], expected[index].slice(0, 4));
      for (const [i, value] of [score, ...offsets].entries()) {
        assertNear(value, expected[index][4 + i], 1e-4, `level ${level} proposal ${index}`);
      }
    }
  }
}
