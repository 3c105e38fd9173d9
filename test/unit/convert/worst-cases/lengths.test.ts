import assert from 'node:assert/strict';
import { FormatError } from '../../../../src/convert/format-error.js';
import { readOnnxMetadata } from '../../../../src/convert/onnx/onnx-metadata.js';
import { MemorySource } from '../../../../src/convert/torch/byte-source.js';
import { readArrayDictionary } from '../../../../src/convert/torch/npy.js';
import { ModelError } from '../../../../src/files/errors.js';
import { bytes, oldForm, tensor, text, tuple, u16, u32, u64, zip } from '../../../support/bytes.js';
import { varint } from '../../../support/mutate/onnx.js';
import { pickled, refused, worst } from '../../../support/worst-case.js';

const HUGE = 2 ** 40;

worst('a length of 2^40 allocates nothing, wherever it is', async () => {
  const deflated = zip({ 'a/data.pkl': bytes('}.') }, { deflate: true, zip64: true });
  const wide = (from: number) => {
    const copy = Buffer.from(deflated);
    const extra = copy.indexOf(bytes(u16(1), u16(24))) + 4;
    u64(HUGE).copy(copy, extra + from);
    return copy;
  };
  const end64 = Buffer.from(deflated);
  u64(HUGE).copy(end64, end64.indexOf('PK\x06\x06') + 40);
  const header = bytes('\x93NUMPY\x02\x00', u32(0xffffffff));
  const long = bytes('\x8a\x06', u64(HUGE).subarray(0, 6));
  const before = process.memoryUsage();
  for (const file of [
    pickled('\x8e', u64(HUGE), '.'),
    pickled('\x96', u64(HUGE), '.'),
    pickled('\x8d', u64(HUGE), '.'),
    pickled('\x95', u64(HUGE), '\x8e', u64(HUGE), '.'),
    pickled('\x8b', u32(0xffffffff), '.'),
    pickled('B', u32(0xffffffff), '.'),
    oldForm(tensor({ elements: 1, shape: tuple(1), strides: tuple(1) }), {
      0: [HUGE, Buffer.alloc(4)],
    }),
    ...[0, 8, 16].map(wide),
    end64,
    zip({
      'a/data.pkl': bytes('}', text('conv1.weight'), long, 's', text('fc.weight'), 'Ns.'),
    }),
  ]) {
    await refused(file, /./);
  }
  assert.throws(() => readArrayDictionary(new MemorySource(header)), FormatError);
  const length = bytes('\x08\x08\x3a', varint(BigInt(HUGE)), '\x0a');
  assert.throws(() => readOnnxMetadata(length, 'm.onnx'), ModelError);
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 4 << 20);
  assert.ok(after.rss - before.rss < 64 << 20);
});
