import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Classifier } from '../../src/classify/classifier.js';
import type { RgbImage } from '../../src/image/image.js';
import { BATCH_PIXELS, classifyAll } from '../../src/pipelines/classify-all.js';

function imageOf(width: number, height: number): RgbImage {
  return { data: new Uint8Array(0), width, height };
}

/** Notes the widths of each run; a row says which width it was for. */
function fakeClassifier(runs: number[][], imageSize?: { width: number; height: number }) {
  return {
    imageSize,
    async classify(images: readonly RgbImage[]) {
      runs.push(images.map(({ width }) => width));
      return images.map(({ width }) => Float32Array.of(width, 0, 0, 0));
    },
  } as unknown as Classifier;
}

test('images of one size run together, in batches, and rows come back in order', async () => {
  const runs: number[][] = [];
  const widths = [5, 7, 5, 5, 7, 5];
  const outcomes = await classifyAll(
    fakeClassifier(runs),
    widths.map((width) => imageOf(width, 5)),
    3,
  );
  assert.deepEqual(runs, [[5, 5, 5], [5], [7, 7]]);
  assert.deepEqual(
    outcomes.map((outcome) => 'reason' in outcome || outcome[0]),
    widths,
  );
});

test('large images run in smaller batches, down to one', async () => {
  const runs: number[][] = [];
  const half = imageOf(1000, BATCH_PIXELS / 2000);
  const large = [half, half, half];
  await classifyAll(fakeClassifier(runs), large, 16);
  assert.deepEqual(
    runs.map((run) => run.length),
    [2, 1],
  );
  runs.length = 0;
  await classifyAll(fakeClassifier(runs), [imageOf(9000, 9000), imageOf(9000, 9000)], 16);
  assert.deepEqual(
    runs.map((run) => run.length),
    [1, 1],
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
  const bad = { data: new Uint8Array(1), width: 5, height: 5 };
  const outcomes = await classifyAll(failing, [imageOf(5, 5), bad, imageOf(5, 5)], 16);
  assert.deepEqual(
    outcomes.map((outcome) => 'reason' in outcome),
    [false, true, false],
  );
  assert.deepEqual(outcomes[1], { reason: 'the classifier failed on it: no memory' });
});

test('a model of one image size refuses others, each by itself', async () => {
  const classifier = fakeClassifier([], { width: 5, height: 5 });
  const [good, other] = await classifyAll(classifier, [imageOf(5, 5), imageOf(6, 5)], 16);
  assert.ok(!('reason' in good));
  assert.match((other as { reason: string }).reason, /6x5.*only 5x5/);
});
