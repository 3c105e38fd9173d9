import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../../../src/convert/format-error.js';
import { MemorySource } from '../../../../src/convert/torch/byte-source.js';
import { openTorchFile } from '../../../../src/convert/torch/torch-file.js';
import { asTensor, readTensor } from '../../../../src/convert/torch/torch-tensor.js';
import {
  bytes,
  oldForm,
  type TensorBytes,
  tensor,
  text,
  tuple,
  u32,
  zip,
} from '../../../support/bytes.js';

function read(file: Uint8Array): number[] {
  const opened = openTorchFile(new MemorySource(file));
  const found = asTensor(opened.value);
  assert.ok(found, 'not a tensor');
  return [...readTensor(opened, found, 'w')];
}

/** A zip checkpoint of one tensor over one storage. */
function checkpoint(storage: Uint8Array, options: TensorBytes): Buffer {
  return zip({ 'c/data.pkl': bytes(tensor(options), '.'), 'c/data/0': storage });
}

const COUNT = Buffer.from(Float32Array.from({ length: 12 }, (_, i) => i).buffer);

test('a contiguous tensor gives its elements', () => {
  const options = { elements: 12, shape: tuple(3, 4), strides: tuple(4, 1) };
  assert.deepEqual(read(checkpoint(COUNT, options)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('strided views give an offset, a transpose, every other column, a repeated row, a scalar', () => {
  const cases: [number, number[], number[], number[]][] = [
    [5, [2, 2], [2, 1], [5, 6, 7, 8]],
    [0, [4, 3], [1, 4], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]],
    [1, [3, 2], [4, 2], [1, 3, 5, 7, 9, 11]],
    [2, [2, 3], [0, 1], [2, 3, 4, 2, 3, 4]],
    [7, [], [], [7]],
    [0, [0, 3], [3, 1], []],
    [11, [1, 1], [999, 999], [11]],
  ];
  for (const [offset, shape, strides, expected] of cases) {
    const options = { elements: 12, offset, shape: tuple(...shape), strides: tuple(...strides) };
    assert.deepEqual(read(checkpoint(COUNT, options)), expected);
  }
});

test('every kind of storage is read', () => {
  const cases: [string, Uint8Array, number[]][] = [
    ['FloatStorage', new Uint8Array(Float32Array.of(1.5, -2).buffer), [1.5, -2]],
    ['DoubleStorage', new Uint8Array(Float64Array.of(0.1, -2).buffer), [0.1, -2]],
    ['HalfStorage', new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer), [1, -2]],
    ['BFloat16Storage', new Uint8Array(Uint16Array.of(0x3fc0, 0xc000).buffer), [1.5, -2]],
    ['LongStorage', new Uint8Array(BigInt64Array.of(5n, -6n).buffer), [5, -6]],
    ['IntStorage', new Uint8Array(Int32Array.of(5, -6).buffer), [5, -6]],
    ['ShortStorage', new Uint8Array(Int16Array.of(5, -6).buffer), [5, -6]],
    ['CharStorage', new Uint8Array(Int8Array.of(5, -6).buffer), [5, -6]],
    ['ByteStorage', Uint8Array.of(5, 250), [5, 250]],
    ['BoolStorage', Uint8Array.of(1, 0), [1, 0]],
  ];
  for (const [kind, storage, expected] of cases) {
    const options = { kind, elements: 2, shape: tuple(2), strides: tuple(1) };
    assert.deepEqual(read(checkpoint(storage, options)), expected, kind);
    assert.deepEqual(
      read(oldForm(tensor(options), { 0: [2, storage] })),
      expected,
      `${kind}, old form`,
    );
  }
});

test('kinds that cannot be weights are refused by name', () => {
  const options = { elements: 1, shape: tuple(1), strides: tuple(1) };
  const file = (kind: string) => checkpoint(Buffer.alloc(8), { ...options, kind });
  assert.throws(() => read(file('ComplexFloatStorage')), /"w" as a kind of number/);
  assert.throws(() => read(file('Float7Storage')), /"Float7Storage"/);
});

test('an untyped storage takes its type from the tensor', () => {
  const id = bytes(
    '(',
    text('storage'),
    'ctorch.storage\nUntypedStorage\n',
    text('0'),
    text('cpu'),
    'K\x08tQ',
  );
  const pickle = bytes(
    bytes('ctorch._utils\n_rebuild_tensor_v3\n(', id, 'K\x00', tuple(2), tuple(1)),
    '\x89}ctorch\nfloat32\n}tR.',
  );
  const storage = Buffer.from(Float32Array.of(1.5, 2.5).buffer);
  assert.deepEqual(read(zip({ 'c/data.pkl': pickle, 'c/data/0': storage })), [1.5, 2.5]);
});

test('a parameter is its tensor; a parameter of a parameter is refused', () => {
  const inner = tensor({ elements: 12, shape: tuple(2), strides: tuple(1) });
  const parameter = (value: Uint8Array) =>
    bytes('ctorch._utils\n_rebuild_parameter\n(', value, '\x88}tR');
  const file = (pickle: Uint8Array) => zip({ 'c/data.pkl': bytes(pickle, '.'), 'c/data/0': COUNT });
  assert.deepEqual(read(file(parameter(inner))), [0, 1]);
  assert.throws(() => read(file(parameter(parameter(inner)))), /not a tensor/);
});

test('the old form gives storages in the order of the key list, and views of them', () => {
  const view = bytes('(', text('v'), 'J', u32(3), 'J', u32(4), 't');
  const whole = { key: 'b', elements: 12, shape: tuple(2), strides: tuple(1) };
  const storages: Record<string, [number, Uint8Array]> = {
    a: [2, Buffer.alloc(8, 255)],
    b: [12, COUNT],
  };
  const other = bytes(tensor({ ...whole, key: 'a', elements: 2 }), '0');
  assert.deepEqual(read(oldForm(bytes(other, tensor(whole)), storages)), [0, 1]);
  assert.deepEqual(read(oldForm(bytes(other, tensor({ ...whole, view })), storages)), [3, 4]);
  const beyond = tensor({ ...whole, view, shape: tuple(5) });
  assert.throws(() => read(oldForm(bytes(other, beyond), storages)), /does not lie within/);
  assert.throws(() => read(oldForm(tensor(whole), storages)), FormatError); // key a is unknown
});

test('a tensor that does not lie within its storage is refused, and allocates nothing', () => {
  const huge = bytes('(', '\x8a\x06\x00\x00\x00\x00\x00\x01', 't');
  const cases: Partial<TensorBytes>[] = [
    { offset: 1 },
    { shape: tuple(13) },
    { shape: tuple(2, 2), strides: tuple(11, 1) },
    { offset: 0x7fffffff },
    { shape: huge },
    { shape: huge, strides: tuple(0) },
    { shape: tuple(2), strides: huge },
    { shape: tuple(0x7fffffff, 0x7fffffff), strides: tuple(0, 0) },
  ];
  const before = process.memoryUsage().arrayBuffers;
  for (const change of cases) {
    const options = { elements: 12, shape: tuple(12), strides: tuple(1), ...change };
    assert.throws(() => read(checkpoint(COUNT, options)), /"w" does not lie within/);
  }
  const options = { elements: 13, shape: tuple(12), strides: tuple(1) };
  assert.throws(() => read(checkpoint(COUNT, options)), /fewer numbers than it says/);
  assert.throws(
    () => read(oldForm(tensor({ ...options, elements: 12 }), { 0: [2 ** 40, COUNT] })),
    /past its own end/,
  );
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test('negative and absurd shapes are no tensors', () => {
  const odd = [
    tuple(-1),
    tuple(...new Array<number>(9).fill(1)),
    bytes('(G\x3f\xf8\0\0\0\0\0\0t'),
    'N',
  ];
  for (const shape of odd) {
    const options = { elements: 12, shape: bytes(shape), strides: tuple(1) };
    assert.throws(() => read(checkpoint(COUNT, options)), /not a tensor/);
  }
});

test('big-endian files are refused', () => {
  const main = bytes(tensor({ elements: 12, shape: tuple(1), strides: tuple(1) }), '.');
  const file = zip({ 'c/data.pkl': main, 'c/byteorder': Buffer.from('big'), 'c/data/0': COUNT });
  assert.throws(() => read(file), /big-endian/);
  const little = zip({
    'c/data.pkl': main,
    'c/byteorder': Buffer.from('little'),
    'c/data/0': COUNT,
  });
  assert.deepEqual(read(little), [0]);
});
