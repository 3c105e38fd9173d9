/*
 * Files made to hurt, each in its own way: small files that ask for much memory or time. Each is refused or
 * converted in seconds, and all of them in `MOST_MEMORY`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateRawSync } from 'node:zlib';
import { CLASS_NAMES } from '../../../src/classify/labels.js';
import { checkpointToOnnx } from '../../../src/convert/checkpoint.js';
import { FormatError } from '../../../src/convert/format-error.js';
import { readOnnxMetadata } from '../../../src/convert/onnx/onnx-metadata.js';
import { ByteReader } from '../../../src/convert/torch/byte-reader.js';
import { MemorySource } from '../../../src/convert/torch/byte-source.js';
import { readArrayDictionary } from '../../../src/convert/torch/npy.js';
import { unpickle } from '../../../src/convert/torch/pickle/unpickle.js';
import { ModelError } from '../../../src/files/errors.js';
import { bytes, oldForm, tensor, text, tuple, u16, u32, u64, zip } from '../../support/bytes.js';
import { fixture } from '../../support/fixture.js';
import { varint } from '../../support/mutate.js';

/** What the process has in use at most, bytes; 60 MB of it are Node.js and up to 300 MB the files, made here. */
const MOST_MEMORY = 1e9;

/** Milliseconds of processor time that a case may take; the longest takes some three. */
const LONGEST = 10_000;

const scratch = mkdtempSync(join(tmpdir(), 'facecls-worst-'));
after(() => {
  rmSync(scratch, { recursive: true });
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(`worst cases: at most ${(peak / 1e6).toFixed(0)} MB in use`);
  assert.ok(peak < MOST_MEMORY, `${peak} bytes`);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A test that fails when its case takes long. What it leaves is not held against the next one. */
function worst(name: string, body: () => void | Promise<void>): void {
  test(name, async (context) => {
    const start = process.cpuUsage();
    await body();
    const { user, system } = process.cpuUsage(start);
    const time = (user + system) / 1000;
    collectGarbage();
    const peak = process.resourceUsage().maxRSS / 1024;
    context.diagnostic(`${time.toFixed(0)} ms, ${peak.toFixed(0)} MB`);
    assert.ok(time < LONGEST, `took ${time} ms`);
  });
}

function convert(contents: Uint8Array): Promise<Uint8Array> {
  const path = join(scratch, 'file');
  writeFileSync(path, contents);
  return checkpointToOnnx(path, { precision: 'fp32', classNames: CLASS_NAMES });
}

async function refused(contents: Uint8Array, reason: RegExp): Promise<void> {
  await assert.rejects(convert(contents), (error) => {
    assert.ok(error instanceof ModelError, String(error));
    const { message } = error;
    assert.ok(message.startsWith(join(scratch, 'file ')) && !/[\r\n]/.test(message), message);
    assert.match(message, reason);
    return true;
  });
}

/** A checkpoint of the zip form with nothing but a pickle. */
function pickled(...parts: (string | Uint8Array)[]): Buffer {
  return zip({ 'a/data.pkl': bytes('\x80\x02', ...parts) });
}

function load(...parts: (string | Uint8Array)[]) {
  return unpickle(new ByteReader(new MemorySource(bytes(...parts)))).value;
}

const original = readFileSync(fixture('checkpoints/small/protocol4.pth'));
const NO_RESNET = /holds no ResNet-18/;

/** Each shape of a ResNet-18 of a width, in no order. */
function shapes(width: number): Map<string, number[]> {
  const found = new Map<string, number[]>([
    ['fc.weight', [4, 8 * width]],
    ['fc.bias', [4]],
  ]);
  const layer = (conv: string, norm: string, shape: number[]) => {
    found.set(`${conv}.weight`, shape);
    for (const name of ['weight', 'bias', 'running_mean', 'running_var']) {
      found.set(`${norm}.${name}`, [shape[0]]);
    }
  };
  layer('conv1', 'bn1', [width, 3, 7, 7]);
  for (let i = 0; i < 8; i++) {
    const name = `layer${(i >> 1) + 1}.${i % 2}`;
    const outputs = width << (i >> 1);
    const widens = i % 2 === 0 && i > 0;
    const inputs = widens ? outputs / 2 : outputs;
    layer(`${name}.conv1`, `${name}.bn1`, [outputs, inputs, 3, 3]);
    layer(`${name}.conv2`, `${name}.bn2`, [outputs, outputs, 3, 3]);
    if (widens) layer(`${name}.downsample.0`, `${name}.downsample.1`, [outputs, inputs, 1, 1]);
  }
  return found;
}

interface View {
  readonly kind: string;
  /** Elements of each storage. */
  readonly elements: number;
  /** The storage of a tensor. */
  readonly key?: (index: number) => string;
  readonly strides?: (shape: number[]) => number[];
}

function rowMajor(shape: number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}

/** The pickle of a ResNet-18 of which all tensors are views of a few storages. */
function network(width: number, { kind, elements, key = () => '0', strides = rowMajor }: View) {
  const items = [...shapes(width)].map(([name, shape], index) =>
    bytes(
      text(name),
      tensor({
        kind,
        elements,
        key: key(index),
        shape: tuple(...shape),
        strides: tuple(...strides(shape)),
      }),
    ),
  );
  return bytes('\x80\x02}(', ...items, 'u.');
}

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
    return bytes(network(1, view).subarray(0, -2), name, conv1, 'u.');
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
  const pickle = network(1, { kind: 'ByteStorage', elements, strides });
  const file = zip({ 'a/data.pkl': pickle, 'a/data/0': Buffer.alloc(elements) }, { deflate: true });
  assert.ok(file.length < 100_000);
  assert.ok((await convert(file)).length < 100_000);
});

/** A zip archive of one packed part, quickly packed, and where its directory has the size of it. */
function bomb(contents: Uint8Array): { file: Buffer; sizeAt: number } {
  const file = zip({ 'a/data.pkl': deflateRawSync(contents, { level: 1 }) });
  const directory = file.indexOf('PK\x01\x02');
  file.writeUInt16LE(8, directory + 10);
  file.writeUInt32LE(contents.length, directory + 24);
  return { file, sizeAt: directory + 24 };
}

worst('a zip bomb is not unpacked', async () => {
  const { file, sizeAt } = bomb(Buffer.alloc(2 ** 27));
  await refused(file, /damaged \(its pickle/);
  for (const [size, reason] of [
    [2 ** 27 + 1, /too large to unpack/],
    [2 ** 32 - 2, /too large to unpack/],
    [1000, /damaged zip/],
  ] as const) {
    file.writeUInt32LE(size, sizeAt);
    await refused(file, reason);
  }
});

worst('packed storages in turn are not unpacked again and again', async () => {
  const elements = 1 << 22;
  const pickle = network(1, { kind: 'FloatStorage', elements, key: (index) => String(index % 2) });
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
    const pickle = network(width, { kind: 'ByteStorage', elements });
    return zip({ 'a/data.pkl': pickle, 'a/data/0': Buffer.alloc(elements) }, { deflate: true });
  };
  await refused(file(129), /begins with 129 channels/);
  assert.ok((await convert(file(128))).length > 150e6);
});

worst('parts that overlap, two of one name, ones that lie in the directory', async () => {
  const entries = { 'a/data.pkl': bytes('N.'), 'b/data.pkl': bytes('}.') };
  const file = zip(entries);
  const second = file.lastIndexOf('PK\x01\x02');
  const overlapping = Buffer.from(file);
  overlapping.writeUInt32LE(0, second + 42);
  await refused(overlapping, NO_RESNET);
  const inDirectory = Buffer.from(file);
  inDirectory.writeUInt32LE(second, second + 42);
  inDirectory.writeUInt32LE(file.indexOf('PK\x01\x02'), file.indexOf('PK\x01\x02') + 42);
  await refused(inDirectory, /damaged zip/);
  // The last of two parts of one name counts, as for Python's zipfile.
  const twice = Buffer.from(file.toString('latin1').replaceAll('b/data', 'a/data'), 'latin1');
  await refused(twice, NO_RESNET);
  const wide = zip({ 'a/data.pkl': bytes('}.') }, { zip64: true });
  await refused(wide, NO_RESNET);
  wide.writeBigUInt64LE(2n ** 64n - 1n, wide.indexOf('PK\x06\x07') + 8);
  await refused(wide, /past its own end/);
});

worst('a directory of half a million parts', async () => {
  const header = zip({ a: Buffer.alloc(0) });
  const start = header.indexOf('PK\x01\x02');
  const entry = header.subarray(start, start + 47);
  const directory = Buffer.concat(Array(500_000).fill(entry));
  const end = Buffer.from(header.subarray(-22));
  end.writeUInt32LE(directory.length, 12);
  await refused(Buffer.concat([header.subarray(0, start), directory, end]), /far more parts/);
});

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

worst('the same file unharmed is converted', async () => {
  assert.ok((await convert(original)).length > 0);
});
