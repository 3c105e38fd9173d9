import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { lastOperator } from '../../../src/convert/onnx/last-operator.js';
import { ModelError, UserError } from '../../../src/files/errors.js';
import {
  type ClassifierChoice,
  findClassifier,
  openClassifier,
} from '../../../src/models/models.js';
import { TINY_CLASSIFIER, temporaryFolder } from '../../support/cli.js';
import { fixture } from '../../support/fixture.js';
import { tinyClassifier, tinyLogits } from '../../support/tiny-classifier.js';

const folder = temporaryFolder();

function model(operators: readonly string[], metadata = {}): string {
  const file = path.join(folder, `${operators.join('-')}.onnx`);
  writeFileSync(file, tinyClassifier(operators, metadata));
  return file;
}

const RED = { data: Uint8Array.of(255, 0, 0), width: 1, height: 1 };
const LOGITS = tinyLogits([1, -1, -1]);

async function probabilitiesOfRed(file: string, choice: ClassifierChoice = {}) {
  const source = await findClassifier(file, choice);
  const classifier = await openClassifier(source, { threads: 1 }, 1);
  const [row] = await classifier.classify([RED]);
  await classifier.release();
  return { row: [...row], model: source.model };
}

function shares(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

const SOFTMAX = shares(LOGITS.map(Math.exp));
const SIGMOID = LOGITS.map((logit) => 1 / (1 + Math.exp(-logit)));

function assertNear(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) assert.ok(Math.abs(value - expected[i]) < 1e-6);
}

for (const operators of [['Softmax'], ['Softmax', 'Identity'], ['Softmax', 'Flatten', 'Dropout']]) {
  test(`outputs of ${operators.join(', ')} are taken as probabilities, which the model says`, async () => {
    const { row, model: record } = await probabilitiesOfRed(model(operators));
    assertNear(row, SOFTMAX);
    assert.equal(record.outputKind, 'probabilities');
    assert.equal(lastOperator(tinyClassifier(operators)), 'Softmax');
  });
}

test('the classifier of tests about files is as its source writes it, and gives probabilities', async () => {
  const written = tinyClassifier(['Softmax'], { output: 'probabilities' });
  assert.ok(readFileSync(TINY_CLASSIFIER).equals(written));
  const { row, model: record } = await probabilitiesOfRed(TINY_CLASSIFIER);
  assertNear(row, SOFTMAX);
  assert.equal(record.outputKind, undefined);
});

for (const operators of [[], ['Identity'], ['LogSoftmax']]) {
  test(`outputs of ${operators.join() || 'MatMul'} are taken as logits`, async () => {
    const { row, model: record } = await probabilitiesOfRed(model(operators));
    assertNear(row, SOFTMAX);
    assert.equal(record.outputKind, 'logits');
  });
}

for (const operators of [['Sigmoid'], ['Sigmoid', 'Identity'], ['HardSigmoid'], ['Sin', 'Abs']]) {
  test(`outputs of ${operators.join(', ')}, which may be either, are refused`, async () => {
    const file = model(operators);
    await assert.rejects(findClassifier(file), (error: Error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /do not add up to one .*--output_kind logits or --output_kind p/);
      assert.ok(error.message.startsWith(file));
      return true;
    });
  });
}

test('the choice of the user settles it', async () => {
  const file = model(['Sigmoid']);
  const taken = await probabilitiesOfRed(file, { outputKind: 'probabilities' });
  assertNear(taken.row, shares(SIGMOID));
  assert.deepEqual([taken.model.outputKind, taken.model.dividedBySum], ['probabilities', true]);
  const logits = await probabilitiesOfRed(file, { outputKind: 'logits' });
  assertNear(logits.row, shares(SIGMOID.map(Math.exp)));
  assert.deepEqual([logits.model.outputKind, logits.model.dividedBySum], ['logits', undefined]);
});

test('what is said of the outputs must not contradict them', async () => {
  const softmax = model(['Softmax'], { output: 'logits' });
  await assert.rejects(findClassifier(softmax), /from a Softmax; give --output_kind probabilities/);
  await probabilitiesOfRed(softmax, { outputKind: 'probabilities' });
  const plain = model([], { output: 'probabilities' });
  await assert.rejects(
    findClassifier(plain),
    (error) => error instanceof ModelError && /not lie in \[0, 1\]/.test(error.message),
  );
  await probabilitiesOfRed(plain, { outputKind: 'logits' });
  await assert.rejects(
    findClassifier(fixture('checkpoints/half.ckpt'), { outputKind: 'logits' }),
    (error) =>
      error instanceof UserError && /--output_kind: .* is a checkpoint/.test(error.message),
  );
});

test('metadata that the graph bears out needs no trial', async () => {
  const { model: record } = await findClassifier(model(['Softmax'], { output: 'probabilities' }));
  assert.deepEqual(Object.keys(record), ['path', 'sha256']);
});
