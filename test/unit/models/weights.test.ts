import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOnnxMetadata } from '../../../src/convert/onnx/onnx-metadata.js';
import { UserError } from '../../../src/files/errors.js';
import {
  bundledClassifier,
  type ClassifierChoice,
  convertClassifier,
  findClassifier,
  openClassifier,
} from '../../../src/models/models.js';
import { fixture } from '../../support/fixture.js';

const IMAGE = {
  data: Uint8Array.from({ length: 75 }, (_, i) => (i * 37) % 256),
  width: 5,
  height: 5,
};

async function probabilities(name: string, choice: ClassifierChoice = {}) {
  const source = await findClassifier(fixture(`checkpoints/${name}`), choice);
  const classifier = await openClassifier(source, { threads: 1 }, 1);
  const [row] = await classifier.classify([IMAGE]);
  await classifier.release();
  const { weights, passedOver } = source.model;
  return { row: [...row], weights, passedOver };
}

for (const [file, usual, average] of [
  ['convnext_ema.pth', 'model', 'model_ema'],
  ['pl_two.ckpt', 'state_dict.model', 'state_dict.ema_model'],
] as const) {
  test(`${file}: the network that is taken and the one passed over are named`, async () => {
    const alone = await probabilities('torchvision_state_dict.pth');
    assert.deepEqual([alone.weights, alone.passedOver], [undefined, undefined]);
    const taken = await probabilities(`several/${file}`);
    assert.deepEqual(taken, { row: alone.row, weights: usual, passedOver: [average] });
    // Its last layer is that of the other in reverse order.
    const chosen = await probabilities(`several/${file}`, { weights: average });
    assert.deepEqual([chosen.weights, chosen.passedOver], [average, [usual]]);
    for (const [i, value] of chosen.row.toReversed().entries()) {
      assert.ok(Math.abs(value - alone.row[i]) < 1e-6);
    }
  });
}

test('convert writes which network was asked for', async () => {
  const file = fixture('checkpoints/several/pl_two.ckpt');
  const metadataOf = async (weights?: string) => {
    const { network } = await convertClassifier(file, { precision: 'fp16', weights });
    return readOnnxMetadata(network, file);
  };
  assert.equal((await metadataOf('ema_model')).get('source_weights'), 'state_dict.ema_model');
  assert.equal((await metadataOf()).has('source_weights'), false);
});

test('an ONNX file holds one network', async () => {
  await assert.rejects(
    findClassifier(bundledClassifier(), { weights: 'ema' }),
    (error) => error instanceof UserError && /^--weights: .* holds one network/.test(error.message),
  );
});
