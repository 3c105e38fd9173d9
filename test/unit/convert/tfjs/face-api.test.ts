import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FormatError } from '../../../../src/convert/format-error.js';
import { landmarkOnnx } from '../../../../src/convert/networks/landmark-graph.js';
import { ssdOnnx } from '../../../../src/convert/networks/ssd-graph.js';
import { readOnnxMetadata } from '../../../../src/convert/onnx/onnx-metadata.js';
import { FACE_API_FILES, readFaceApi, readWeights } from '../../../../src/convert/tfjs/face-api.js';
import { ModelError } from '../../../../src/files/errors.js';
import { ssdFile } from '../../../../src/models/detectors.js';
import { createSession } from '../../../../src/runtime/onnxruntime.js';
import { temporaryFolder } from '../../../support/cli.js';

const model = path.dirname(ssdFile('ssd'));
const scratch = temporaryFolder();

test('the graphs name their inputs, outputs and source, and stay as small as the weights', async () => {
  const cases = [
    ['ssd', [1, 3, 512, 512], { boxes: [1, 20472], scores: [1, 5118] }],
    ['landmarks', ['N', 3, 112, 112], { landmarks: ['N', 136] }],
  ] as const;
  for (const [network, input, outputs] of cases) {
    const bytes = readFaceApi(model, network);
    const session = await createSession(bytes, network, { threads: 1 });
    assert.deepEqual(session.inputs[0].shape, input);
    assert.deepEqual(
      Object.fromEntries(session.outputs.map(({ name, shape }) => [name, shape])),
      outputs,
    );
    const metadata = readOnnxMetadata(bytes, network);
    assert.match(metadata.get('source') ?? '', /@vladmandic\/face-api 1\.7\.15/);
    const stored = readFileSync(path.join(model, FACE_API_FILES[network])).length;
    assert.ok(bytes.length < 1.1 * stored + 200_000, `${bytes.length} of ${stored}`);
    assert.ok(Buffer.from(readFaceApi(model, network)).equals(bytes), 'the same bytes each time');
  }
});

test('a landmark is a point of the picture that was given: rows do not mix', async () => {
  const session = await createSession(readFaceApi(model, 'landmarks'), 'test', { threads: 1 });
  const length = 3 * 112 * 112;
  const data = Float32Array.from({ length: 2 * length }, (_, i) => Math.sin(i / 37) / 3);
  const both = await session.run({ input: { data, dims: [2, 3, 112, 112] } });
  const input = { data: data.subarray(length), dims: [1, 3, 112, 112] };
  const second = await session.run({ input });
  for (const [i, value] of second.landmarks.data.entries()) {
    assert.ok(Math.abs(both.landmarks.data[136 + i] - value) < 1e-5);
  }
});

test('weights that are not the network’s are refused by name', () => {
  const weights = new Map(readWeights(ssdFile('landmarks')));
  const kernel = weights.get('dense0/conv0/filters')!;
  assert.throws(() => ssdOnnx(weights, {}), /lacks the tensor "MobilenetV1\/Conv2d_0/);
  weights.set('dense9', kernel);
  assert.throws(() => landmarkOnnx(weights, {}), /has the tensor "dense9" too many/);
  weights.delete('dense9');
  assert.ok(kernel.kind === 'quantized');
  weights.set('dense0/conv0/filters', { ...kernel, shape: [3, 3, 32, 3] });
  assert.throws(() => landmarkOnnx(weights, {}), /\[3, 3, 32, 3\] where \[3, 3, 3, 32\]/);
  weights.set('dense0/conv0/filters', { ...kernel, min: kernel.min + kernel.scale / 2 });
  assert.throws(() => landmarkOnnx(weights, {}), /quantized in an unknown way/);
  weights.set('dense0/conv0/filters', kernel);
  weights.set('fc/bias', {
    kind: 'float',
    shape: [136],
    data: new Float32Array(136).fill(Number.NaN),
  });
  assert.throws(() => landmarkOnnx(weights, {}), FormatError);
});

test('missing and damaged files are model errors that name the file', () => {
  const folder = path.join(scratch, 'model');
  mkdirSync(folder);
  const refuse = (reason: RegExp) =>
    assert.throws(
      () => readFaceApi(folder, 'landmarks'),
      (error) => {
        assert.ok(error instanceof ModelError, String(error));
        assert.match(error.message, /face_landmark_68_model\.bin/);
        assert.match(error.message, reason);
        return true;
      },
    );
  refuse(/cannot be read \(ENOENT\); install facecls again/);
  const file = path.join(folder, FACE_API_FILES.landmarks);
  const manifest = path.join(folder, 'face_landmark_68_model-weights_manifest.json');
  cpSync(path.join(model, path.basename(manifest)), manifest);
  const whole = readFileSync(ssdFile('landmarks'));
  writeFileSync(file, whole.subarray(0, 1000));
  refuse(/is cut off/);
  writeFileSync(file, Buffer.concat([whole, whole]));
  refuse(/bytes too many/);
  copyFileSync(ssdFile('landmarks'), file);
  assert.ok(readFaceApi(folder, 'landmarks').length > 0);
  for (const text of ['', 'null', '[]', '[{"weights": 1}]']) {
    writeFileSync(manifest, text);
    refuse(/no readable manifest/);
  }
  rmSync(folder, { recursive: true });
});
