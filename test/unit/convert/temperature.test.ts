import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { CLASS_NAMES } from '../../../src/classify/labels.js';
import { checkpointToOnnx } from '../../../src/convert/checkpoint.js';
import { readOnnxMetadata } from '../../../src/convert/onnx/onnx-metadata.js';
import { goldenInput } from '../../support/bytes.js';
import { fixture, jsonFixture } from '../../support/fixture.js';
import { assertNear } from '../../support/near.js';

interface Case {
  readonly shape: number[];
  /** PyTorch's. */
  readonly probabilities: number[];
}

const NAME = 'protocol4.pth';
const cases: readonly Case[] = jsonFixture('checkpoints/small/expected.json').cases[NAME];

const convert = (temperature?: number) =>
  checkpointToOnnx(fixture(`checkpoints/small/${NAME}`), {
    ...{ precision: 'fp32', temperature },
    classNames: CLASS_NAMES,
  });

for (const temperature of [0.5, 3]) {
  test(`a temperature of ${temperature} divides the logits, and the metadata name it`, async () => {
    const model = await convert(temperature);
    assert.equal(readOnnxMetadata(model, 'model').get('temperature'), String(temperature));
    const session = await ort.InferenceSession.create(model);
    for (const { shape, probabilities } of cases) {
      const length = shape.reduce((a, b) => a * b);
      const input = goldenInput(length, (byte) => (byte / 255) * 2 - 1);
      const outputs = await session.run({ input: new ort.Tensor('float32', input, shape) });
      // softmax(logits / T) is softmax(logits)^(1 / T), normalised.
      const powers = probabilities.map((p) => p ** (1 / temperature));
      for (const [i, power] of powers.entries()) {
        const row = i - (i % CLASS_NAMES.length);
        const sum = powers.slice(row, row + CLASS_NAMES.length).reduce((a, b) => a + b);
        assertNear(Number(outputs.probabilities.data[i]), power / sum, 1e-5, `${shape}, ${i}`);
      }
    }
  });
}

test('without a temperature there is no division', async () => {
  const model = await convert();
  assert.ok(!readOnnxMetadata(model, 'model').has('temperature'));
  assert.ok(!Buffer.from(model).includes('Div'));
  assert.ok(Buffer.from(await convert(2)).includes('Div'));
});
