import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Classifier } from '../../../src/classify/classifier.js';
import type { RgbImage } from '../../../src/image/image.js';
import { classifyAll } from '../../../src/tasks/classify-all.js';

function imageOf(width: number, height: number): RgbImage {
  return { data: new Uint8Array(0), width, height };
}

/** Notes the heights of each run; a row says which image it was for. */
function fakeClassifier(runs: number[][], imageSize?: { width: number; height: number }) {
  return {
    imageSize,
    async classify(images: readonly RgbImage[]) {
      runs.push(images.map(({ height }) => height));
      return images.map(({ data }) => Float32Array.of(data[0], 0, 0, 0));
    },
  } as unknown as Classifier;
}

test('crops run together, in batches, others one by one, and rows come back in order', async () => {
  const runs: number[][] = [];
  const images = [112, 7, 112, 112, 7, 112].map((height, i) => ({
    data: Uint8Array.of(i),
    width: 112,
    height,
  }));
  const outcomes = await classifyAll(fakeClassifier(runs), images, 3);
  assert.deepEqual(runs, [[7], [7], [112, 112, 112], [112]]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.kind === 'refused' || outcome.probabilities[0]),
    [0, 1, 2, 3, 4, 5],
  );
});

test('a run that fails is tried image by image, and each failure has its reason', async () => {
  const failing = {
    imageSize: undefined,
    async classify(images: readonly RgbImage[]) {
      if (images.length > 1 || images[0].data.length > 0) throw new Error('no memory\nlong story');
      return [Float32Array.of(1, 0, 0, 0)];
    },
  } as unknown as Classifier;
  const bad = { data: new Uint8Array(1), width: 112, height: 112 };
  const images = [imageOf(112, 112), bad, imageOf(112, 112)];
  const outcomes = await classifyAll(failing, images, 16);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['classified', 'refused', 'classified'],
  );
  assert.deepEqual(outcomes[1], {
    kind: 'refused',
    reason: 'the classifier failed on it: no memory',
  });
});

test('a model of one image size refuses others, each by itself', async () => {
  const classifier = fakeClassifier([], { width: 5, height: 5 });
  const [good, other] = await classifyAll(classifier, [imageOf(5, 5), imageOf(6, 5)], 16);
  assert.equal(good.kind, 'classified');
  assert.match((other as { reason: string }).reason, /6x5.*only 5x5/);
});
