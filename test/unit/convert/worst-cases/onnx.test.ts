import assert from 'node:assert/strict';
import { readOnnxMetadata } from '../../../../src/convert/onnx/onnx-metadata.js';
import { ModelError } from '../../../../src/files/errors.js';
import { bytes } from '../../../support/bytes.js';
import { varint } from '../../../support/mutate/onnx.js';
import { worst } from '../../../support/worst-case.js';

worst('ONNX: depth, endless varints, lengths beyond the end, a million inputs', () => {
  const field = (number: number, value: Uint8Array) =>
    bytes(varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value);
  const refuses = (model: Uint8Array) =>
    assert.throws(
      () => readOnnxMetadata(model, 'm.onnx'),
      (error) => error instanceof ModelError && /^m\.onnx is \P{Cc}+$/u.test(error.message),
    );
  // A graph within a node's attribute within a graph … : nothing is entered but what is asked for.
  let deep: Uint8Array = bytes();
  for (let depth = 0; depth < 1000; depth++) deep = field(1, field(5, field(6, deep)));
  assert.equal(readOnnxMetadata(field(7, deep), 'm.onnx').size, 0);
  for (const number of [1, 5, 11, 12]) {
    readOnnxMetadata(field(7, field(number, deep)), 'm.onnx');
  }
  refuses(bytes('\x08', '\xff'.repeat(11), '\x01'));
  refuses(bytes('\xff'.repeat(1_000_000)));
  refuses(bytes('\x08\x08\x3a', '\x80'.repeat(9), '\x80\x01'));
  for (const length of [6n, 2n ** 31n, 2n ** 40n, 2n ** 63n, 2n ** 64n - 1n]) {
    refuses(bytes('\x08\x08\x3a', varint(length), '\x0a\x03abc'));
    refuses(field(7, bytes('\x5a', varint(length), '\x0a')));
  }
  refuses(field(7, bytes('\x5a\x00'.repeat(200_000))));
  refuses(field(7, bytes('\x62\x00'.repeat(200_000))));
  const names = Array.from({ length: 100_000 }, (_, i) => field(5, field(8, Buffer.from(`${i}`))));
  refuses(field(7, Buffer.concat(names)));
  const metadata = Array.from({ length: 100_000 }, (_, i) =>
    field(14, field(1, Buffer.from(`${i}`))),
  );
  refuses(bytes(...[field(7, bytes()), Buffer.concat(metadata)]));
});
