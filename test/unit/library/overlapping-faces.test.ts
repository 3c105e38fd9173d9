import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { type AlignedFace, type AlignerOptions, align, analyze } from '../../../src/index.js';
import { samplePhotographs } from '../../support/fixture.js';

const PHOTOGRAPH = path.join(samplePhotographs(), 'sample2.jpg');
/** Nothing is suppressed after O-Net: the one face is found several times. */
const DOUBLED: AlignerOptions = { nmsThresholds: [0.9, 0.9, 1] };

async function facesWith(options: AlignerOptions): Promise<readonly AlignedFace[]> {
  for await (const { faces = [] } of align([PHOTOGRAPH], options)) return faces;
  return [];
}

test('faces of the library say which better face they overlap', async () => {
  const [best, ...others] = await facesWith(DOUBLED);
  assert.equal(best.overlaps, undefined);
  assert.ok(others.length > 0);
  for (const { overlaps, index } of others) {
    assert.ok(overlaps !== undefined && overlaps < index);
  }
  for await (const { faces = [] } of analyze([PHOTOGRAPH], DOUBLED)) {
    assert.deepEqual(
      faces.map(({ overlaps }) => overlaps),
      [undefined, ...others.map(({ overlaps }) => overlaps)],
    );
  }
});

test('a preset finds what the options that it stands for find', async () => {
  const boxes = async (options: AlignerOptions) =>
    (await facesWith(options)).map(({ box, overlaps }) => [...box, overlaps]);
  const long: AlignerOptions = {
    minFaceSize: 60,
    thresholds: [0.6, 0.7, 0.8],
    nmsThresholds: [0.7, 0.7, 0.7],
  };
  assert.deepEqual(await boxes({ preset: 'recall' }), await boxes(long));
  assert.deepEqual(await boxes({ preset: 'published' }), await boxes({}));
});
