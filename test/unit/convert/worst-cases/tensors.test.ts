import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bytes, tensor, text, tuple, zip } from '../../../support/bytes.js';
import { fixture } from '../../../support/fixture.js';
import { rowMajor, sharedNetwork } from '../../../support/shared-network.js';
import { convert, refused, worst } from '../../../support/worst-case.js';

worst('shapes whose product is beyond 2^53, strides that overflow, negative offsets', async () => {
  const numbers = (...values: bigint[]) => {
    const long = (value: bigint) => {
      const raw = Buffer.alloc(9, value < 0n ? 0xff : 0);
      raw.writeBigUInt64LE(BigInt.asUintN(64, value));
      return bytes('\x8a\x09', raw);
    };
    return bytes('(', ...values.map(long), 't');
  };
  const one = 2n ** 53n - 1n;
  const cases: [Buffer, Buffer, RegExp][] = [
    [numbers(one, one, one, one), numbers(1n, 1n, 1n, 1n), /more than 128/],
    [numbers(1n, one, one, one), numbers(one, one, one, one), /has the shape/],
    [numbers(1n, 3n, 7n, 7n), numbers(one, one, one, one), /does not lie within/],
    [numbers(1n, 3n, 7n, 7n), numbers(147n, 49n, 7n, 2n ** 63n), /not a plain tensor/],
    [numbers(1n, 3n, 7n, 7n), numbers(147n, 49n, -7n, 1n), /not a plain tensor/],
    [numbers(1n, 3n, -7n, 7n), numbers(147n, 49n, 7n, 1n), /not a plain tensor/],
    [numbers(2n ** 63n), numbers(1n), /not a plain tensor/],
    [numbers(), numbers(), /has the shape \[\]/],
  ];
  const pickle = (conv1: Buffer) => {
    const view = { kind: 'FloatStorage', elements: 576 };
    const name = text('conv1.weight');
    return bytes(sharedNetwork(1, view).subarray(0, -2), name, conv1, 'u.');
  };
  const file = (conv1: Buffer) =>
    zip({ 'a/data.pkl': pickle(conv1), 'a/data/0': Buffer.alloc(4 * 576) });
  for (const [shape, strides, reason] of cases) {
    await refused(file(tensor({ elements: 576, shape, strides })), reason);
  }
  const good = { elements: 576, shape: tuple(1, 3, 7, 7), strides: tuple(147, 49, 7, 1) };
  assert.ok((await convert(file(tensor(good)))).length > 0);
  for (const offset of [
    'J\xff\xff\xff\xff',
    'G\x3f\xe0\0\0\0\0\0\0',
    'G\x7f\xf8\0\0\0\0\0\0',
    'N',
  ]) {
    const at = tensor(good).indexOf(bytes('tQJ\0\0\0\0'));
    const whole = tensor(good);
    const changed = bytes(whole.subarray(0, at + 2), offset, whole.subarray(at + 7));
    await refused(file(changed), /not a plain tensor/);
  }
});

worst('a tensor of few numbers far apart costs no more than those few', async () => {
  // Each of 62 tensors spans a storage of 64 MB (packed: 64 kB) of bytes, that would be floats of 256 MB.
  const elements = 1 << 26;
  const strides = (shape: number[]) =>
    rowMajor(shape).map((stride, axis) =>
      axis === 0 && shape[0] > 1 ? Math.floor((elements - 10_000) / (shape[0] - 1)) : stride,
    );
  const pickle = sharedNetwork(1, { kind: 'ByteStorage', elements, strides });
  const file = zip({ 'a/data.pkl': pickle, 'a/data/0': Buffer.alloc(elements) }, { deflate: true });
  assert.ok(file.length < 100_000);
  assert.ok((await convert(file)).length < 100_000);
});

worst('packed storages in turn are not unpacked again and again', async () => {
  const elements = 1 << 22;
  const pickle = sharedNetwork(1, {
    kind: 'FloatStorage',
    elements,
    key: (index) => String(index % 2),
  });
  const zeros = Buffer.alloc(4 * elements);
  const file = zip(
    { 'a/data.pkl': pickle, 'a/data/0': zeros, 'a/data/1': zeros },
    { deflate: true },
  );
  await refused(file, /too large to unpack/);
});

worst('a network of any width out of a small file', async () => {
  const file = (width: number) => {
    const elements = 576 * width ** 2;
    const pickle = sharedNetwork(width, { kind: 'ByteStorage', elements });
    return zip({ 'a/data.pkl': pickle, 'a/data/0': Buffer.alloc(elements) }, { deflate: true });
  };
  await refused(file(129), /begins with 129 channels/);
  assert.ok((await convert(file(128))).length > 150e6);
});

worst('the same file unharmed is converted', async () => {
  assert.ok((await convert(readFileSync(fixture('checkpoints/small/protocol4.pth')))).length > 0);
});
