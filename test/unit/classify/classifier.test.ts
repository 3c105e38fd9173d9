import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Classifier } from '../../../src/classify/classifier.js';
import { CLASS_NAMES, mostProbable } from '../../../src/classify/labels.js';
import { softmax } from '../../../src/classify/output-kind.js';
import { toTensor } from '../../../src/classify/preprocess.js';
import { ModelError } from '../../../src/files/errors.js';
import type { RgbImage } from '../../../src/image/image.js';
import type { LoadedSession, Tensor } from '../../../src/runtime/onnxruntime.js';

function imageOf(red: number): RgbImage {
  return { data: Uint8Array.of(red, 0, 255, red, 0, 255), width: 2, height: 1 };
}

const FOUR = { classNames: CLASS_NAMES, outputKind: undefined };
const PROBABILITIES = { classNames: CLASS_NAMES, outputKind: 'probabilities' } as const;

interface Fake extends LoadedSession {
  readonly batches: number[];
}

/** A network whose four outputs are made from the first number of each image. */
function fakeSession(
  rowFor: (first: number) => number[],
  inputShape: (number | string)[] = ['N', 3, 'H', 'W'],
  outputShape: (number | string)[] = ['N', 4],
): Fake {
  const batches: number[] = [];
  return {
    batches,
    inputs: [{ name: 'pixels', type: 'float32', shape: inputShape }],
    outputs: [{ name: 'scores', type: 'float32', shape: outputShape }],
    async run({ pixels: { data, dims } }) {
      batches.push(dims[0]);
      const length = data.length / dims[0];
      const rows = Array.from({ length: dims[0] }, (_, i) => rowFor(data[i * length]));
      const scores: Tensor = {
        data: Float32Array.from(rows.flat()),
        dims: [dims[0], rows[0].length],
      };
      return { scores };
    },
    async release() {},
  };
}

test('pixels become planes of RGB / 255 * 2 - 1, rounded as torchvision does', () => {
  const { data, dims } = toTensor([imageOf(51), imageOf(0)]);
  assert.deepEqual(dims, [2, 3, 1, 2]);
  const fifth = Math.fround(Math.fround(Math.fround(51 / 255) - 0.5) / 0.5);
  assert.deepEqual([...data], [fifth, fifth, -1, -1, 1, 1, -1, -1, -1, -1, 1, 1]);
});

test('outputs that add up to one are taken as probabilities, others as logits', async () => {
  const probabilities = fakeSession(() => [0.1, 0.2, 0.3, 0.4]);
  const [row] = await (await Classifier.create(probabilities, 'm', FOUR, 4)).classify([imageOf(9)]);
  assert.deepEqual([...row], [...Float32Array.of(0.1, 0.2, 0.3, 0.4)]);

  const logits = fakeSession(() => [0, Math.log(2), Math.log(3), Math.log(4)]);
  const [soft] = await (await Classifier.create(logits, 'm', FOUR, 4)).classify([imageOf(9)]);
  for (const [i, share] of [0.1, 0.2, 0.3, 0.4].entries()) {
    assert.ok(Math.abs(soft[i] - share) < 1e-6);
  }
});

test('a network has as many outputs as classes, and keeps their names', async () => {
  const classNames = ['a', 'b'];
  const two = fakeSession(() => [Math.log(3), 0], undefined, ['N', 2]);
  const classifier = await Classifier.create(two, 'm', { classNames, outputKind: undefined }, 4);
  assert.deepEqual(classifier.classNames, classNames);
  const rows = await classifier.classify([imageOf(9), imageOf(9)]);
  for (const [first, second, ...further] of rows) {
    assert.ok(Math.abs(first - 0.75) < 1e-6 && Math.abs(second - 0.25) < 1e-6);
    assert.deepEqual(further, []);
  }
});

test('what the metadata declares counts more than the sum', async () => {
  const session = fakeSession(() => [0.25, 0.25, 0.25, 0.25]);
  const classifier = await Classifier.create(session, 'm', { ...FOUR, outputKind: 'logits' }, 4);
  const [row] = await classifier.classify([imageOf(9)]);
  assert.deepEqual([...row], [0.25, 0.25, 0.25, 0.25]);
  const sharper = await Classifier.create(
    fakeSession(() => [1, 0, 0, 0]),
    'm',
    { ...FOUR, outputKind: 'logits' },
    4,
  );
  const [soft] = await sharper.classify([imageOf(9)]);
  assert.ok(Math.abs(soft[0] - Math.E / (Math.E + 3)) < 1e-6);
});

test('crops are run in batches of one size, other images one by one', async () => {
  const session = fakeSession((first) => [(1 + first) / 2, (1 - first) / 2, 0, 0]);
  const classifier = await Classifier.create(session, 'm', PROBABILITIES, 4);
  const crop = (red: number): RgbImage => ({
    data: new Uint8Array(112 * 112 * 3).fill(red),
    width: 112,
    height: 112,
  });
  const rows = await classifier.classify([0, 51, 102, 153, 204].map(crop));
  assert.deepEqual(
    rows.map(([first]) => Number(first.toFixed(3))),
    [0, 0.2, 0.4, 0.6, 0.8],
  );
  assert.equal((await classifier.classify([imageOf(1), imageOf(2)])).length, 2);
  assert.deepEqual(session.batches, [1, 1, 1, 1, 4, 4, 1, 1]);
});

test('a network of a fixed batch gets full batches, and every image its own row', async () => {
  const byPixel = (first: number) => [(1 + first) / 2, (1 - first) / 2, 0, 0];
  const session = fakeSession(byPixel, [4, 3, 1, 2]);
  const classifier = await Classifier.create(session, 'm', PROBABILITIES, 4);
  const images = [0, 51, 102, 153, 204, 255].map(imageOf);
  session.batches.length = 0;
  const rows = await classifier.classify(images);
  assert.deepEqual(session.batches, [4, 4]);
  assert.deepEqual(
    rows.map((row) => Math.round(row[0] * 255)),
    [0, 51, 102, 153, 204, 255],
  );
  assert.deepEqual(classifier.imageSize, { width: 2, height: 1 });
});

for (const [what, session] of Object.entries({
  'five classes': fakeSession(() => [0, 0, 0, 0, 1], undefined, ['N', 5]),
  'five classes behind a free axis': fakeSession(() => [0, 0, 0, 0, 1], undefined, ['N', 'C']),
  'NHWC input': fakeSession(() => [0, 0, 0, 1], ['N', 112, 112, 3]),
  'grey input': fakeSession(() => [0, 0, 0, 1], ['N', 1, 'H', 'W']),
  'outputs that are no numbers': fakeSession(() => [Number.NaN, 0, 0, 0]),
  'no outputs': { ...fakeSession(() => []), outputs: [] },
  'a run that fails': {
    ...fakeSession(() => []),
    run: () => Promise.reject(new Error('node "a\r\x1b[31m" failed\nat line 7')),
  },
  'an input of 10 GB': fakeSession(() => [0, 0, 0, 1], [1, 3, 30_000, 30_000]),
  'more inputs than one, of any name': {
    ...fakeSession(() => []),
    inputs: Array(100).fill({ name: `a\nb${'x'.repeat(5000)}`, type: 'float32', shape: [] }),
  },
})) {
  test(`a network with ${what} is refused, and the file named`, async () => {
    await assert.rejects(Classifier.create(session, 'model.onnx', FOUR, 4), (error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /^model\.onnx: \P{Cc}{1,1000}$/u);
      return true;
    });
  });
}

test('softmax does not overflow', () => {
  const soft = softmax(Float32Array.of(1000, 1000, -1000, 0));
  assert.deepEqual([...soft], [0.5, 0.5, 0, 0]);
});

test('the label is the most probable class, of equal ones the first', () => {
  assert.equal(mostProbable([0.1, 0.2, 0.3, 0.4], CLASS_NAMES), 'Indian');
  assert.equal(mostProbable([0.1, 0.4, 0.4, 0.1], CLASS_NAMES), 'Asian');
});
