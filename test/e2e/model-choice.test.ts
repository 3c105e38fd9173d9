/** What a user is told, and may choose, of a model that could be taken in two ways. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';
import { tinyClassifier } from '../support/tiny-classifier.js';

const folder = temporaryFolder();
const TWO = fixture('checkpoints/several/pl_two.ckpt');

function infer(output: string, ...more: string[]) {
  const crops = fixture('align/crops/upstream');
  return facecls([
    'infer',
    '--input_dir',
    crops,
    '--output_dir',
    path.join(folder, output),
    ...more,
  ]);
}

function recorded(output: string) {
  return JSON.parse(readFileSync(path.join(folder, output, 'run.json'), 'utf8'));
}

test('infer names the network that it takes of two, and --weights is part of the provenance', async () => {
  const usual = await infer('two', '--ckpt', TWO);
  assert.equal(usual.code, 0, usual.stderr);
  assert.match(
    usual.stderr + usual.stdout,
    /weights state_dict\.model, not state_dict\.ema_model\)/,
  );
  const { model, made_with } = recorded('two');
  assert.deepEqual(
    [model.weights, model.passed_over, made_with.weights],
    ['state_dict.model', ['state_dict.ema_model'], null],
  );
  const other = await infer('two', '--ckpt', TWO, '--weights', 'ema_model', '--resume');
  assert.equal(other.code, 2, other.stderr);
  assert.match(other.stderr, /--weights/);
  const wrong = await infer('none', '--ckpt', TWO, '--weights', 'x\u001b[31m');
  assert.equal(wrong.code, 4);
  assert.match(wrong.stderr, /has no network named "x\\u001b\[31m".*state_dict\.ema_model/);
});

test('infer refuses outputs that may be either, until --output_kind says which', async () => {
  const file = path.join(folder, 'sigmoid.onnx');
  writeFileSync(file, tinyClassifier(['Sigmoid']));
  const refused = await infer('sigmoid', '--ckpt', file);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /come from a Sigmoid .*--output_kind logits or --output_kind prob/);
  const taken = await infer('sigmoid', '--ckpt', file, '--output_kind', 'probabilities');
  assert.equal(taken.code, 0, taken.stderr);
  assert.match(
    taken.stderr + taken.stdout,
    /outputs taken as probabilities, divided by their sum\)/,
  );
  const { model, made_with } = recorded('sigmoid');
  assert.deepEqual([model.output_kind, model.divided_by_sum], ['probabilities', true]);
  assert.equal(made_with.output_kind, 'probabilities');
});

test('workers classify with a network whose data lies beside it, from any folder', async () => {
  const ckpt = fixture('onnx-external/model.onnx');
  const { code, stderr } = await infer('external', '--ckpt', ckpt, '--n_threads', '2');
  assert.equal(code, 0, stderr);
  const { model, counts } = recorded('external');
  assert.deepEqual(model.files, ['model.onnx.data']);
  assert.equal(counts.predicted, 20);
});
