import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../../../../src/convert/format-error.js';
import { ByteReader } from '../../../../../src/convert/torch/byte-reader.js';
import { MemorySource } from '../../../../../src/convert/torch/byte-source.js';
import {
  PersistentReference,
  PickleCall,
  PickleGlobal,
  type PickleValue,
} from '../../../../../src/convert/torch/pickle/pickle-value.js';
import { unpickle } from '../../../../../src/convert/torch/pickle/unpickle.js';
import { bytes, seededRandom, text, u32, u64 } from '../../../../support/bytes.js';

type Part = string | number | Uint8Array;

function load(...parts: Part[]): PickleValue {
  return unpickle(new ByteReader(new MemorySource(bytes(...parts)))).value;
}

function refuses(pattern: RegExp, ...parts: Part[]): void {
  assert.throws(
    () => load(...parts),
    (error) => error instanceof FormatError && pattern.test(error.message),
  );
}

test('numbers, booleans and None of every protocol are read', () => {
  const cases: [Part[], PickleValue][] = [
    [['N.'], null],
    [['\x80\x02\x88.'], true],
    [['\x89.'], false],
    [['I00\n.'], false],
    [['I01\n.'], true],
    [['I1\n.'], 1],
    [['I-42\n.'], -42],
    [['L7L\n.'], 7],
    [['L123456789012345678901234567890L\n.'], 123456789012345678901234567890n],
    [['J\xff\xff\xff\xff.'], -1],
    [['K\xff.'], 255],
    [['M\x34\x12.'], 0x1234],
    [['\x8a\x00.'], 0],
    [['\x8a\x01\xff.'], -1],
    [['\x8a\x02\xff\x00.'], 255],
    [['\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'], 0x1950a86a20f9469cfc6cn],
    [['\x8b', u32(1), '\x80.'], -128],
    [['F1.5\n.'], 1.5],
    [['Finf\n.'], Number.POSITIVE_INFINITY],
    [['Fnan\n.'], Number.NaN],
    [['G\x3f\xf8\x00\x00\x00\x00\x00\x00.'], 1.5],
  ];
  for (const [parts, expected] of cases) assert.deepEqual(load(...parts), expected);
});

test('text and bytes of every protocol are read', () => {
  const utf8 = Buffer.from('é€', 'utf8');
  assert.equal(load("S'a\\'b\\x41\\n\\\\'\n."), "a'bA\n\\");
  assert.equal(load('S"q"\n.'), 'q');
  assert.equal(load('T', u32(2), '\xe9a.'), '\xe9a');
  assert.equal(load('U\x01\xe9.'), '\xe9');
  assert.equal(load('V\xe9\\u20ac\n.'), 'é€');
  assert.equal(load('X', u32(utf8.length), utf8, '.'), 'é€');
  assert.equal(load('\x8c', utf8.length, utf8, '.'), 'é€');
  assert.equal(load('\x8d', u64(utf8.length), utf8, '.'), 'é€');
  for (const parts of [
    ['B', u32(2), '\x00\xff.'],
    ['C\x02\x00\xff.'],
    ['\x8e', u64(2), '\x00\xff.'],
    ['\x96', u64(2), '\x00\xff.'],
  ]) {
    assert.deepEqual([...(load(...parts) as Uint8Array)], [0, 255]);
  }
});

test('containers, the stack and the memo work as the protocol says', () => {
  assert.deepEqual(load('(K\x01K\x02t.'), [1, 2]);
  assert.deepEqual(load('(K\x01K\x02l.'), [1, 2]);
  assert.deepEqual(load(').'), []);
  assert.deepEqual(load('K\x01\x85.'), [1]);
  assert.deepEqual(load('K\x01K\x02\x86.'), [1, 2]);
  assert.deepEqual(load('K\x01K\x02K\x03\x87.'), [1, 2, 3]);
  assert.deepEqual(load(']K\x01a(K\x02K\x03e.'), [1, 2, 3]);
  assert.deepEqual(
    load('}U\x01aK\x02s(U\x01bK\x04u.'),
    new Map([
      ['a', 2],
      ['b', 4],
    ]),
  );
  assert.deepEqual(load('(U\x01aK\x02d.'), new Map([['a', 2]]));
  assert.deepEqual(load('\x8f(K\x01K\x02\x90.'), [1, 2]);
  assert.deepEqual(load('(K\x01\x91.'), [1]);
  assert.deepEqual(load('K\x07K\x080.'), 7);
  assert.deepEqual(load('K\x07(K\x08K\x091.'), 7);
  assert.deepEqual(load('K\x07(0.'), 7);
  assert.deepEqual(load('K\x072\x86.'), [7, 7]);
  assert.deepEqual(load(']p5\ng5\n\x86.'), [[], []]);
  assert.deepEqual(load('K\x07q\x010h\x01.'), 7);
  assert.deepEqual(load('K\x07r', u32(9), '0j', u32(9), '.'), 7);
  assert.deepEqual(load('\x80\x04\x95', u64(5), 'K\x07\x940h\x00.'), 7);
});

test('a list may hold itself', () => {
  const list = load(']q\x00h\x00a.') as PickleValue[];
  assert.equal(list[0], list);
});

test('globals and calls become inert records', () => {
  const parts: Part[][] = [
    ['ca.b\nC\nK\x01\x85R.'],
    ['ca.b\nC\nK\x01\x85\x81.'],
    ['ca.b\nC\nK\x01\x85}\x92.'],
    ['(K\x01ia.b\nC\n.'],
    ['(ca.b\nC\nK\x01o.'],
    ['\x8c\x03a.b\x8c\x01C\x93K\x01\x85R.'],
  ];
  for (const part of parts) {
    const call = load(...part);
    assert.ok(call instanceof PickleCall && call.is('a.b', 'C'));
    assert.deepEqual(call.args, [1]);
  }
  const built = load('ca\nC\n)R}U\x01aK\x02sb.') as PickleCall;
  assert.deepEqual(built.state, new Map([['a', 2]]));
  // Subclasses of list, dict and set are filled like the real ones; what a call returns may be called.
  assert.ok(load('ca\nC\n)RK\x01K\x02s(K\x01K\x02uK\x01a(K\x01e(K\x01\x90.') instanceof PickleCall);
  assert.ok(load('ca\nC\n)R)R.') instanceof PickleCall);
});

test('an OrderedDict is a dictionary, also as Python 2 writes it', () => {
  const expected = new Map([['k', 1]]);
  const dict = 'ccollections\nOrderedDict\n';
  assert.deepEqual(load(dict, ')R(', text('k'), 'K\x01u}', text('_metadata'), 'NsN0b.'), expected);
  assert.deepEqual(load(dict, '(](', text('k'), 'K\x01latR.'), expected);
});

test('persistent identifiers are kept, and listed in order', () => {
  const { value, references } = unpickle(new ByteReader(new MemorySource(bytes('PabQ\n\x85Q.'))));
  assert.ok(value instanceof PersistentReference);
  assert.deepEqual(
    references.map(({ id }) => (Array.isArray(id) ? 'tuple' : id)),
    ['abQ', 'tuple'],
  );
});

test('a dictionary keeps what it has under text', () => {
  const items = ['K\x01N', 'G\x3f\xf8\0\0\0\0\0\0N', ')N', 'ca\nb\nN', 'U\x01kK\x07'];
  assert.deepEqual(load('}(', ...items, 'u.'), new Map([['k', 7]]));
  assert.deepEqual(load('}(', text('k'.repeat(1025)), 'Nu.'), new Map());
});

test('keys that mean something to JavaScript objects are only keys', () => {
  const value = load('}', text('__proto__'), '}', text('polluted'), '\x88ss.') as Map<
    string,
    unknown
  >;
  assert.deepEqual([...value.keys()], ['__proto__']);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('what attacks use is refused by name', () => {
  refuses(/would run "posix\.system".*nothing was run/, 'cposix\nsystem\n', text('true'), '\x85R.');
  const system = '\x8c\x02os\x8c\x06system\x93';
  const handed = /would hand "os\.system" to "functools\.partial" if Python.*nothing was run/;
  refuses(handed, 'cfunctools\npartial\n', system, '\x85R.');
  refuses(/builtins\.eval/, "(S'1'\nibuiltins\neval\n.");
  assert.ok(load('cos_like\nx\n.') instanceof PickleGlobal);
  // Where it is only named, Python does not call it either.
  assert.ok(load(system, '.') instanceof PickleGlobal);
});

test('anything that is not a whole pickle is refused', () => {
  for (const part of [
    '',
    'K',
    'K\x01',
    '.',
    ')0.0.',
    'a.',
    ']a.',
    '}K\x01s.',
    '}(K\x01u.',
    '(.',
    '1.',
    't.',
    '0.',
    'h\x00.',
    'g-1\n.',
    'q\x00.',
    'R.',
    'K\x01)R.',
    'ca\nb\nK\x01R.',
    'K\x01K\x02a.',
    '(o.',
    'b.',
    'K\x01K\x02\x93.',
    'Q.',
    'Ix\n.',
    'Fx\n.',
    "S'a\n.",
    'Sab\n.',
    'I1',
    'V\\UFFFFFFFF\n.',
    ']K\x01K\x02s.',
    'K\x01(a.',
    ']K\x01(\x85.',
    '\xff.',
    '\x80\x06N.',
  ]) {
    refuses(/./, part);
  }
  refuses(/extension codes/, '\x82\x01.');
  refuses(/buffers/, '\x97.');
});

test('a length beyond the input allocates nothing', () => {
  const before = process.memoryUsage().arrayBuffers;
  refuses(/past its own end/, 'B', u32(0xffffffff), '.');
  refuses(/past its own end/, '\x8e', u64(2 ** 40), '.');
  refuses(/past its own end/, '\x96', u64(2 ** 40), '.');
  refuses(/impossible length/, '\x96', u64(2n ** 63n), '.');
  refuses(/./, 'X', u32(0xffffffff), '.');
  refuses(/./, '\x8d', u64(2 ** 40), '.');
  refuses(/./, '\x8b', u32(0x7fffffff), '.');
  refuses(/./, `I${'9'.repeat(100_000)}\n.`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test('nesting of any depth is read', () => {
  const depth = 200_000;
  assert.ok(Array.isArray(load(')'.padEnd(depth, '\x85'), '.')));
  assert.ok(load('ca\nb\n', ')R'.repeat(depth), '.') instanceof PickleCall);
});

test('references to references take no more memory than the input', () => {
  // Each step makes a pair of the last pair twice: 2^5000 leaves if anything copied or walked them.
  assert.ok(Array.isArray(load('N', '2\x86'.repeat(5000), '.')));
  // One list of 5000 pairs, made into a dictionary 5000 times.
  const pairs = bytes('](', 'N)\x86'.repeat(5000), 'e');
  const start = performance.now();
  load(pairs, 'q\x00', 'ccollections\nOrderedDict\nh\x00\x85R0'.repeat(5000), 'N.');
  assert.ok(performance.now() - start < 2000);
});

test('a pickle of nothing but opcodes is given up', () => {
  refuses(/far more objects/, '}0'.repeat(1_000_001), 'N.');
});

test('random opcodes end in a value or a refusal', () => {
  const random = seededRandom(2);
  const opcodes = [...'.N\x88\x89)(]}tld01a2esuobRQhqK\x85\x86\x87\x81\x8f\x90\x91\x94\x92\x93'];
  for (let i = 0; i < 5000; i++) {
    const length = 1 + Math.floor(random() * 40);
    let program = 'ca\nb\n';
    for (let j = 0; j < length; j++) program += opcodes[Math.floor(random() * opcodes.length)];
    try {
      load(program);
    } catch (error) {
      assert.ok(error instanceof FormatError, `${JSON.stringify(program)}: ${error}`);
    }
  }
});
