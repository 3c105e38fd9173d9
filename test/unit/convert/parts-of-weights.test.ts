import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resnet18Onnx } from '../../../src/convert/networks/resnet18.js';
import type { TorchTensor } from '../../../src/convert/torch/torch-tensor.js';

function refusal(names: readonly string[]): string {
  const tensor = { shape: [8, 3, 7, 7] } as unknown as TorchTensor;
  const tensors = new Map(names.map((name) => [name, tensor]));
  const network = { prefix: 'model.', tensors, name: 'model', passedOver: [] };
  try {
    resnet18Onnx(network, 4, () => assert.fail('nothing is read'), { precision: 'fp32' }, {});
  } catch (error) {
    return (error as Error).message;
  }
  assert.fail('it was converted');
}

test('a pruned checkpoint is called pruned, and what to do is said', () => {
  const names = ['bn1.weight', 'fc.weight', 'conv1.weight_orig', 'conv1.weight_mask'];
  assert.match(
    refusal(names),
    /^is pruned: it has "model\.conv1\.weight_orig" and "model\.conv1\.weight_mask" .*; multiply them/,
  );
  assert.match(
    refusal(['conv1.weight', 'layer1.0.conv1.weight_mask', 'layer1.0.conv1.weight_orig']),
    /^is pruned: it has "model\.layer1\.0\.conv1\.weight_orig"/,
  );
});

test('weights of a norm are called parts', () => {
  const message = /^has only parts of "model\.conv1\.weight" .*remove the parametrization/;
  assert.match(refusal(['bn1.weight', 'conv1.weight_g', 'conv1.weight_v']), message);
  assert.match(refusal(['bn1.weight', 'conv1.weight_orig', 'conv1.weight_u']), message);
});
