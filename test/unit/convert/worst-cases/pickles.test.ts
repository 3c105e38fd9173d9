import assert from 'node:assert/strict';
import { FormatError } from '../../../../src/convert/format-error.js';
import { ByteReader } from '../../../../src/convert/torch/byte-reader.js';
import { MemorySource } from '../../../../src/convert/torch/byte-source.js';
import { readArrayDictionary } from '../../../../src/convert/torch/npy.js';
import { unpickle } from '../../../../src/convert/torch/pickle/unpickle.js';
import { bytes, oldForm, text, tuple, u16, u32 } from '../../../support/bytes.js';
import { bomb, NO_RESNET, pickled, refused, worst } from '../../../support/worst-case.js';

function load(...parts: (string | Uint8Array)[]) {
  return unpickle(new ByteReader(new MemorySource(bytes(...parts)))).value;
}

worst('100,000 lists, tuples, dictionaries and calls within each other', async () => {
  const deep = 100_000;
  for (const parts of [
    [']'.repeat(deep), 'a'.repeat(deep - 1)],
    [')', '\x85'.repeat(deep)],
    ['}U\x01a'.repeat(deep), 'N', 's'.repeat(deep)],
    ['ca\nb\n', ')R'.repeat(deep)],
    ['('.repeat(deep), 'l'.repeat(deep)],
    ['ca\nb\n', ')R'.repeat(deep), 'N', 'b'],
    ['N', 'Q'.repeat(deep)],
  ]) {
    await refused(pickled(...parts, '.'), NO_RESNET);
  }
  await refused(pickled('('.repeat(1_900_000), '.'), /does not follow/);
  await refused(pickled('('.repeat(900_000), '1'.repeat(900_000), '}.'), NO_RESNET);
});

worst('a list and a dictionary that hold themselves, as a tensor and as its shape', async () => {
  const recursive = (...parts: string[]) =>
    pickled('}(', text('conv1.weight'), ...parts, text('fc.weight'), 'h\0u.');
  await refused(pickled(']q\0h\0a.'), NO_RESNET);
  await refused(pickled('}q\0U\x05modelh\0s.'), NO_RESNET);
  await refused(recursive(']q\0h\0a'), /not a plain tensor/);
  const call = 'ctorch._utils\n_rebuild_tensor_v2\n';
  await refused(recursive(']q\0h\0ah\0h\0Q0', `${call}(h\0QK\0h\0h\0tR`), /./);
  await refused(recursive(`ca\nb\n)Rq\0h\0b`), /not a plain tensor/);
});

worst('a billion laughs', async () => {
  // Each list has the one before it ten times: 10^20000 leaves if anything walked them.
  const laugh = `q\0](${'h\0'.repeat(10)}e`;
  await refused(pickled(']', laugh.repeat(20_000), '.'), NO_RESNET);
  await refused(
    pickled(text('lol'), `q\0${'h\0'.repeat(9)}(h\0h\0t`.repeat(20_000), '.'),
    NO_RESNET,
  );
});

worst('two million empty dictionaries; the old form has no room for as many again', async () => {
  const file = oldForm(bytes('}'.repeat(1_999_990)), {});
  await refused(bytes(file.subarray(0, -4), '}'.repeat(200_000), '.'), /far more objects/);
});

worst('a packed pickle that is one long text', async () => {
  const length = 2 ** 27 - 100;
  const long = Buffer.alloc(length, 'a');
  // One character that is not Latin-1 makes two bytes of each.
  long.write('€', 'utf8');
  const pickle = bytes('\x80\x02X', u32(length), long, '.');
  await refused(bomb(pickle).file, NO_RESNET);
});

worst('a dictionary whose keys all have one hash', () => {
  // V8 hashes a large integer by its lowest 64 bits, and texts of 16,384 characters and more by their length.
  const integers = Array.from({ length: 150_000 }, (_, i) =>
    bytes('\x8a\x0c', Buffer.alloc(8, 7), u32(i), 'N'),
  );
  load('}(', Buffer.concat(integers), 'u.');
  load('\x8f(', Buffer.concat(integers), '\x90.');
  const texts = Array.from({ length: 250 }, (_, i) =>
    bytes(text(`${'a'.repeat(20_000)}${i + 1000}`), 'q', i, 'N'),
  );
  load('}(', ...texts, 'h\x00N'.repeat(100_000), 'u.');
});

worst('memo indices that are no indices', () => {
  assert.throws(() => load('Nr', u32(2 ** 31), '.'), FormatError);
  assert.throws(() => load('Np999999999999999\n.'), FormatError);
  load('Nr', u32(1_999_999), '0j', u32(1_999_999), '.');
});

worst('a name of a megabyte, used a hundred thousand times', () => {
  const name = text('a'.repeat(1_000_000));
  assert.throws(() => load(name, 'q\x00', 'h\x00h\x00\x930'.repeat(100_000), 'N.'), FormatError);
});

worst('one array of a megabyte under ten thousand names', () => {
  const header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
  const object = 'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(tC\x01btR(K\x01';
  const f4 = bytes('cnumpy\ndtype\n(', text('f4'), 'K\x00K\x01tR(K\x03', text('<'), 'NNNtb');
  const array = bytes(object, tuple(250_000), f4, '\x89B', u32(1e6), Buffer.alloc(1e6), 'tbq\x05');
  const names = Array.from({ length: 10_000 }, (_, i) => bytes(text(`n${i}`), 'h\x05'));
  const file = bytes(
    bytes('\x93NUMPY\x01\x00', u16(header.length), header, '\x80\x03', object),
    bytes(')cnumpy\ndtype\n', text('O8'), '\x85R\x89](}(', text('a'), array, ...names, 'uetb.'),
  );
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => readArrayDictionary(new MemorySource(file)), FormatError);
  assert.ok(process.memoryUsage().arrayBuffers - before < 8e6);
});
