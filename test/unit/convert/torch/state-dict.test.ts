import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../../../src/convert/format-error.js';
import {
  PersistentReference,
  PickleCall,
  PickleGlobal,
  type PickleValue,
} from '../../../../src/convert/torch/pickle/pickle-value.js';
import { findResNet } from '../../../../src/convert/torch/state-dict.js';

type Saved = { readonly [key: string]: Saved } | PickleValue;

/** Dictionaries as the unpickler gives them. */
function saved(value: Saved): PickleValue {
  const isPlain = typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return value as PickleValue;
  return new Map(Object.entries(value as object).map(([key, inner]) => [key, saved(inner)]));
}

const TENSOR = new PickleCall(new PickleGlobal('torch._utils', '_rebuild_tensor_v2'), [
  ...[new PersistentReference(null), 0, [1], [1]],
]);

function network(prefix = '', names = ['conv1.weight', 'bn1.weight', 'fc.weight']) {
  return Object.fromEntries([...names, 'bn1.running_mean'].map((name) => [prefix + name, TENSOR]));
}

const ONE = network();

for (const [where, value] of [
  ['module', { module: ONE }],
  ['weights', { weights: ONE, epoch: 3 }],
  ['params', { params: ONE }],
  ['model.state_dict', { model: { state_dict: ONE } }],
  ['checkpoint.net', { checkpoint: network('net.') }],
  ['0', [saved(ONE), 7]],
  ['state_dict.model', { state_dict: network('model.'), hyper_parameters: {} }],
  ['.', ONE],
] as const) {
  test(`the only network of a file is found at ${where}`, () => {
    const { name, tensors, passedOver } = findResNet(saved(value as Saved));
    assert.deepEqual([name, passedOver], [where, []]);
    assert.deepEqual([...tensors.keys()], Object.keys(ONE));
  });
}

for (const [taken, other, both] of [
  ['state_dict', 'state_dict_ema', { state_dict_ema: ONE, state_dict: network() }],
  ['model', 'model_ema.module', { model: ONE, model_ema: network('module.') }],
  [
    'state_dict.model',
    'state_dict.ema',
    { state_dict: { ...network('ema.'), ...network('model.') } },
  ],
  ['.', 'ema', { ...network('ema.'), ...ONE }],
  ['net', 'ema', { net: ONE, ema: network() }],
] as const) {
  test(`${taken} is taken, ${other} is passed over and can be chosen`, () => {
    const usual = findResNet(saved(both));
    assert.deepEqual([usual.name, usual.passedOver], [taken, [other]]);
    assert.deepEqual([...usual.tensors.keys()], Object.keys(ONE));
    for (const wanted of [other, `${other.split('.').at(-1)}.`]) {
      const chosen = findResNet(saved(both), wanted);
      assert.deepEqual([chosen.name, chosen.passedOver], [other, [taken]]);
      assert.deepEqual([...chosen.tensors.keys()], Object.keys(ONE));
    }
  });
}

function refusal(value: Saved, wanted?: string): string {
  try {
    findResNet(saved(value), wanted);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
    return error.message;
  }
  assert.fail('nothing was thrown');
}

test('of several networks in unusual places none is guessed', () => {
  const two = { student: ONE, teacher: ONE };
  assert.match(
    refusal(two),
    /^holds several networks \("student", "teacher"\): choose .*--weights/,
  );
  assert.equal(findResNet(saved(two), 'teacher').name, 'teacher');
  assert.match(refusal(two, 'ema'), /^has no network named "ema".* one of "student", "teacher"$/);
  const deep = { a: { x: ONE }, b: { x: ONE } };
  assert.match(refusal(deep, 'x'), /^has more than one network named "x".* "a\.x", "b\.x"$/);
});

test("an optimizer's numbers are no network", () => {
  const { 'bn1.running_mean': _, ...moments } = ONE;
  const { name, passedOver } = findResNet(saved({ model: ONE, optimizer: { exp_avg: moments } }));
  assert.deepEqual([name, passedOver], ['model', []]);
});

test('objects that hold themselves end the search', () => {
  const loop = new Map<string, PickleValue>();
  loop.set('model', loop);
  assert.throws(() => findResNet(loop), /^FormatError: holds no ResNet-18/);
});
