import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnnxGraph } from '../../../../src/convert/onnx/onnx-graph.js';
import { readOnnxMetadata } from '../../../../src/convert/onnx/onnx-metadata.js';
import { isOnnx } from '../../../../src/convert/torch/file-kind.js';
import { ModelError } from '../../../../src/files/errors.js';
import { bytes, seededRandom } from '../../../support/bytes.js';

function smallModel(): Uint8Array {
  const graph = new OnnxGraph('g');
  const input = graph.input('input', ['N', 3]);
  const weights = graph.constant('w', [3, 2], new Float32Array(6));
  graph.output(graph.node('MatMul', 'out', [input, weights]), ['N', 2]);
  return graph.model({ class_names: 'A,B', note: 'ü' });
}

test('metadata is read, letters beyond ASCII too', () => {
  assert.deepEqual(
    readOnnxMetadata(smallModel(), 'm.onnx'),
    new Map([
      ['class_names', 'A,B'],
      ['note', 'ü'],
    ]),
  );
});

test('unknown fields of every wire type are skipped', () => {
  const unknown = bytes(
    '\xf8\x01\x80\x80\x01',
    '\xf9\x0112345678',
    '\xfa\x01\x02ab',
    '\xfd\x011234',
  );
  assert.equal(readOnnxMetadata(bytes(unknown, smallModel()), 'm.onnx').get('note'), 'ü');
});

test('what is not a whole model is refused with the name of the file', () => {
  const model = smallModel();
  for (const broken of [
    bytes(),
    bytes('\x08\x08'),
    bytes('\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f'),
    bytes('\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01'),
    bytes('\x0b'),
    bytes('\x00\x00'),
    model.subarray(0, model.length - 1),
    model.subarray(0, 40),
  ]) {
    assert.throws(
      () => readOnnxMetadata(broken, 'm.onnx'),
      (error) => error instanceof ModelError && error.message.startsWith('m.onnx is not '),
    );
  }
});

test('mutated models are read or refused', () => {
  const random = seededRandom(4);
  const model = smallModel();
  for (let i = 0; i < 5000; i++) {
    const copy = Buffer.from(model);
    for (let j = 0; j <= i % 3; j++) {
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
    }
    try {
      readOnnxMetadata(copy, 'm.onnx');
    } catch (error) {
      assert.ok(error instanceof ModelError, String(error));
    }
  }
});

test('ONNX is told from checkpoints by its content', () => {
  assert.equal(isOnnx(smallModel().subarray(0, 16)), true);
  for (const head of [
    '',
    '\x08',
    '\x08\x08',
    'PK\x03\x04',
    '\x80\x02\x8a\x0a',
    '<!DOCTYPE',
    '\x08\x00\x12',
  ]) {
    assert.equal(isOnnx(bytes(head)), false, head);
  }
});
