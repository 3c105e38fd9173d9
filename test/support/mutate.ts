/*
 * Damages files the way that finds faults: at any byte, and at the fields of zip archives, pickles and
 * protocol buffers, whose numbers get values that such readers trip over.
 */
import { Worker } from 'node:worker_threads';
import { bytes, seededRandom, text, u32 } from './bytes.js';

/** Chances that are the same in every run. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number of 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Sizes, counts and offsets at the edges of the types that hold them; the last is -1. */
export const EXTREMES = [
  0n,
  1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

/** A number in a file, little-endian. */
export interface Field {
  readonly at: number;
  /** Bytes, 1 to 8. */
  readonly width: number;
}

/** A change of a file. */
export type Mutation = (whole: Buffer, dice: Dice) => Buffer;

/** One field to an extreme, as many of its bits as fit. */
export function setField(whole: Buffer, { at, width }: Field, dice: Dice): Buffer {
  const copy = Buffer.from(whole);
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(dice.pick(EXTREMES));
  value.copy(copy, at, 0, width);
  return copy;
}

function splice(whole: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([whole.subarray(0, at), inserted, whole.subarray(at + removed)]);
}

/** Changes that know nothing of the format. `donors` are other files, of which pieces are put in. */
export function blindMutations(donors: readonly Buffer[]): Record<string, Mutation> {
  const run = (whole: Buffer, dice: Dice) => 1 + dice.below(Math.min(whole.length, 300));
  return {
    'bytes flipped': (whole, dice) => {
      const copy = Buffer.from(whole);
      for (let i = 0; i <= dice.below(4); i++) {
        copy[dice.below(copy.length)] ^= 1 << dice.below(8);
      }
      return copy;
    },
    'run overwritten': (whole, dice) => {
      const copy = Buffer.from(whole);
      const filler = dice.pick([Buffer.of(0), Buffer.of(255), dice.noise(64)]);
      const at = dice.below(copy.length);
      copy.fill(filler, at, Math.min(copy.length, at + run(whole, dice)));
      return copy;
    },
    truncated: (whole, dice) => whole.subarray(0, dice.below(whole.length)),
    'range removed': (whole, dice) =>
      splice(whole, dice.below(whole.length), run(whole, dice), Buffer.alloc(0)),
    'range inserted': (whole, dice) =>
      splice(whole, dice.below(whole.length), 0, dice.noise(run(whole, dice))),
    'range repeated': (whole, dice) => {
      const at = dice.below(whole.length);
      return splice(whole, at, 0, whole.subarray(at, at + run(whole, dice)));
    },
    spliced: (whole, dice) => {
      const donor = dice.pick(donors);
      return Buffer.concat([
        whole.subarray(0, dice.below(whole.length)),
        donor.subarray(dice.below(donor.length)),
      ]);
    },
    'number set': (whole, dice) => {
      const width = dice.pick([2, 4, 8]);
      return setField(whole, { at: dice.below(Math.max(1, whole.length - 8)), width }, dice);
    },
  };
}

/** Where the records of a zip archive keep numbers: signature, then [offset, width]. */
const ZIP_RECORDS: readonly [string, readonly (readonly [number, number])[]][] = [
  [
    'PK\x03\x04',
    [
      [6, 2],
      [8, 2],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
    ],
  ],
  [
    'PK\x01\x02',
    [
      [8, 2],
      [10, 2],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [32, 2],
      [42, 4],
    ],
  ],
  [
    'PK\x05\x06',
    [
      [8, 2],
      [10, 2],
      [12, 4],
      [16, 4],
      [20, 2],
    ],
  ],
  ['PK\x06\x07', [[8, 8]]],
  [
    'PK\x06\x06',
    [
      [4, 8],
      [24, 8],
      [32, 8],
      [40, 8],
      [48, 8],
    ],
  ],
  // The 64-bit extra field of an entry: its length and three numbers.
  [
    '\x01\x00\x18\x00',
    [
      [2, 2],
      [4, 8],
      [12, 8],
      [20, 8],
    ],
  ],
];

/** Every size, offset, count, flag and method of a zip archive. */
export function zipFields(archive: Buffer): Field[] {
  const fields: Field[] = [];
  for (const [signature, places] of ZIP_RECORDS) {
    const mark = Buffer.from(signature, 'latin1');
    for (let at = archive.indexOf(mark); at !== -1; at = archive.indexOf(mark, at + 1)) {
      for (const [offset, width] of places) {
        if (at + offset + width <= archive.length) fields.push({ at: at + offset, width });
      }
    }
  }
  return fields;
}

/** One opcode of a pickle with its argument. */
export interface Opcode {
  readonly code: string;
  readonly at: number;
  readonly end: number;
}

/** Bytes of the argument, by opcode (CPython's Lib/pickletools.py). */
const ARGUMENT = new Map(
  Object.entries({ '\x80': 1, '\x95': 8, J: 4, K: 1, M: 2, G: 8, q: 1, r: 4, h: 1, j: 4 }),
);
/** Bytes of the length that begins the argument. */
const PREFIX = new Map(
  Object.entries({
    ...{ '\x8a': 1, '\x8b': 4, T: 4, U: 1, X: 4, '\x8c': 1, '\x8d': 8 },
    ...{ B: 4, C: 1, '\x8e': 8, '\x96': 8 },
  }),
);
/** Lines of the argument. */
const LINES = new Map(
  Object.entries({ I: 1, L: 1, F: 1, S: 1, V: 1, p: 1, g: 1, P: 1, c: 2, i: 2 }),
);

/** The opcodes of `count` whole pickles in a row that begin at `start`. */
export function opcodes(whole: Buffer, start = 0, count = 1): Opcode[] {
  const found: Opcode[] = [];
  for (let at = start, left = count; left > 0 && at < whole.length; ) {
    const code = String.fromCharCode(whole[at]);
    const prefix = PREFIX.get(code) ?? 0;
    let end = at + 1 + (ARGUMENT.get(code) ?? prefix);
    if (prefix > 0) end += whole.readUIntLE(at + 1, Math.min(prefix, 6));
    for (let line = 0; line < (LINES.get(code) ?? 0); line++) end = whole.indexOf('\n', end) + 1;
    found.push({ code, at, end });
    if (code === '.') left--;
    at = end;
  }
  return found;
}

const ALL_OPCODES = Buffer.from(
  '.(0FIJKLMNPQRSTUVX1abcdeghijlopqrstu}]),2G\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97',
  'latin1',
);

/** A whole number as a pickle has it: LONG1. */
function long(value: bigint): Buffer {
  const raw = Buffer.alloc(9);
  raw.writeBigUInt64LE(BigInt.asUintN(64, value));
  raw[8] = value < 0n ? 0xff : 0;
  return bytes('\x8a\x09', raw);
}

/** Changes of pickles that lie in a file, whose opcodes `find` lists. */
export function pickleMutations(find: (whole: Buffer) => Opcode[]): Record<string, Mutation> {
  const opcode = (whole: Buffer, dice: Dice, codes?: string) => {
    const all = find(whole);
    const wanted = codes === undefined ? all : all.filter(({ code }) => codes.includes(code));
    return dice.pick(wanted.length > 0 ? wanted : all);
  };
  const replaced = (whole: Buffer, { at, end }: Opcode, by: Uint8Array) =>
    splice(whole, at, end - at, by);
  return {
    'opcode swapped': (whole, dice) => {
      const copy = Buffer.from(whole);
      copy[opcode(whole, dice).at] = dice.pick([...ALL_OPCODES]);
      return copy;
    },
    'opcode removed': (whole, dice) => replaced(whole, opcode(whole, dice), Buffer.alloc(0)),
    'opcode repeated': (whole, dice) => {
      const { at, end } = opcode(whole, dice);
      return splice(whole, at, 0, whole.subarray(at, end));
    },
    'opcode moved': (whole, dice) => {
      const [from, to] = [opcode(whole, dice), opcode(whole, dice)];
      return replaced(whole, to, whole.subarray(from.at, from.end));
    },
    'opcode inserted': (whole, dice) =>
      splice(whole, opcode(whole, dice).at, 0, Buffer.of(dice.pick([...ALL_OPCODES]))),
    'length or memo index set': (whole, dice) => {
      const { code, at } = opcode(whole, dice, [...PREFIX.keys(), ...'\x95qrhjJKM'].join(''));
      const width = PREFIX.get(code) ?? ARGUMENT.get(code) ?? 1;
      return setField(whole, { at: at + 1, width }, dice);
    },
    // Shapes, strides, offsets and element counts are such numbers.
    'number replaced': (whole, dice) => {
      const value = dice.pick([...EXTREMES, -1n, -(2n ** 63n), 2n, 3n, 7n]);
      return replaced(whole, opcode(whole, dice, 'KMJ'), long(value));
    },
    'text replaced': (whole, dice) => {
      const others = ['', '0', '__proto__', 'conv1.weight', 'storage', '9'.repeat(5000)];
      return replaced(whole, opcode(whole, dice, 'XUV\x8c'), text(dice.pick(others)));
    },
    'value replaced': (whole, dice) => {
      const others = [
        'N',
        ')',
        ']',
        '}',
        '\x88',
        'G\x7f\xf8\0\0\0\0\0\0',
        'ca\nb\n',
        'h\0',
        '\x8f',
      ];
      return replaced(whole, opcode(whole, dice, 'XKMJN)}]\x89c'), bytes(dice.pick(others)));
    },
    'memo recalled': (whole, dice) =>
      splice(whole, opcode(whole, dice).at, 0, bytes('j', u32(dice.below(500)))),
  };
}

/** Ends the process, with the name of the case, when a case takes longer than `limit` milliseconds. */
export class Watchdog {
  readonly #beat = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor(title: string, limit: number) {
    const code = `
      const { workerData: { beat, title, limit } } = require('node:worker_threads');
      for (let seen; Atomics.wait(beat, 0, (seen = Atomics.load(beat, 0)), limit) !== 'timed-out'; );
      require('node:fs').writeSync(2, title + ': case ' + beat[0] + ' takes more than ' + limit + ' ms\\n');
      process.kill(process.pid, 'SIGKILL');`;
    this.#worker = new Worker(code, { eval: true, workerData: { beat: this.#beat, title, limit } });
  }

  /** Begins a case. */
  next(index: number): void {
    Atomics.store(this.#beat, 0, index);
    Atomics.notify(this.#beat, 0);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** A field of a protocol buffers message: where its tag, its value and its length are. */
interface MessageField {
  readonly number: number;
  readonly wire: number;
  readonly at: number;
  readonly valueAt: number;
  readonly end: number;
  /** Field numbers of the messages that hold it, outermost first. */
  readonly within: readonly number[];
}

/**
 * Where onnx.proto nests messages: ModelProto's graph 7, operator sets 8 and metadata 14; GraphProto's nodes 1,
 * constants 5, inputs 11 and outputs 12; a node's attributes 5; the type 2 of an input, and within it all.
 */
const NESTED = /^(7|8|14|7,(1|5|11|12)|7,1,5|7,1[12],2(,1(,2(,1)?)?)?)$/;

function readVarint(whole: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let end = at, unit = 1; ; unit *= 128) {
    const byte = whole[end++];
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return { value, end };
  }
}

/** A varint of any 64-bit number. */
export function varint(value: bigint): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.of(...digits, Number(rest));
}

/** The fields of a well-formed ONNX model, at every depth. */
export function messageFields(
  whole: Buffer,
  start = 0,
  stop = whole.length,
  within: readonly number[] = [],
): MessageField[] {
  const found: MessageField[] = [];
  for (let at = start; at < stop; ) {
    const tag = readVarint(whole, at);
    const [number, wire] = [tag.value >> 3, tag.value & 7];
    const first = readVarint(whole, tag.end);
    const valueAt = wire === 2 ? first.end : tag.end;
    const end = wire === 2 ? valueAt + first.value : wire === 0 ? first.end : valueAt + 4;
    found.push({ number, wire, at, valueAt, end, within });
    const path = [...within, number];
    if (wire === 2 && NESTED.test(path.join())) {
      found.push(...messageFields(whole, valueAt, end, path));
    }
    at = end;
  }
  return found;
}

/** The model with a field's tag, length and value replaced, and the lengths around it put right. */
export function replaceField(whole: Buffer, field: MessageField, by: Uint8Array): Buffer {
  let changed = bytes(by);
  let inner: { at: number; end: number } = field;
  const holders = messageFields(whole).filter(
    ({ valueAt, end, wire, within }) =>
      wire === 2 &&
      valueAt <= field.at &&
      end >= field.end &&
      within.length < field.within.length &&
      field.within[within.length] !== undefined,
  );
  for (const holder of holders.reverse()) {
    const contents = bytes(
      whole.subarray(holder.valueAt, inner.at),
      changed,
      whole.subarray(inner.end, holder.end),
    );
    changed = bytes(
      varint(BigInt(holder.number * 8 + 2)),
      varint(BigInt(contents.length)),
      contents,
    );
    inner = holder;
  }
  return bytes(whole.subarray(0, inner.at), changed, whole.subarray(inner.end));
}

/** A field with its tag: a varint, or bytes with their length. */
export function encodedField(number: number, value: Uint8Array | bigint): Buffer {
  return typeof value === 'bigint'
    ? bytes(varint(BigInt(number * 8)), varint(value))
    : bytes(varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value);
}

/** Operators with other numbers of inputs, other attributes and outputs that need not be tensors. */
const OPERATORS =
  'Loop If Scan Reshape ConstantOfShape Resize Tile Expand Gather Concat Split Cast Softmax Conv MaxPool Pad Range Constant SequenceEmpty Nothing';

/** Changes of ONNX models that leave the lengths right, so that they get as far as onnxruntime. */
export const ONNX_MUTATIONS: Record<string, Mutation> = {
  'number set': (whole, dice) => {
    const field = dice.pick(messageFields(whole).filter(({ wire }) => wire === 0));
    const value = dice.pick([...EXTREMES, 2n, 3n, 7n, 10n, 16n]);
    return replaceField(whole, field, encodedField(field.number, value));
  },
  'field removed': (whole, dice) =>
    replaceField(whole, dice.pick(messageFields(whole)), Buffer.alloc(0)),
  'field repeated': (whole, dice) => {
    const field = dice.pick(messageFields(whole));
    const itself = whole.subarray(field.at, field.end);
    return replaceField(whole, field, bytes(itself, itself));
  },
  'field replaced by another': (whole, dice) => {
    const fields = messageFields(whole);
    const [field, other] = [dice.pick(fields), dice.pick(fields)];
    return replaceField(whole, field, whole.subarray(other.at, other.end));
  },
  'field shortened': (whole, dice) => {
    const field = dice.pick(messageFields(whole).filter(({ wire }) => wire === 2));
    const value = whole.subarray(field.valueAt, field.end);
    return replaceField(
      whole,
      field,
      encodedField(field.number, value.subarray(0, dice.below(value.length + 1))),
    );
  },
  'text replaced': (whole, dice) => {
    const texts = messageFields(whole).filter(
      ({ wire, valueAt, end }) => wire === 2 && end - valueAt < 40,
    );
    const field = dice.pick(texts);
    const others = ['', 'input', 'conv1', 'a\nb\x1b[31m', 'x'.repeat(5000), 'fc.weight'];
    return replaceField(whole, field, encodedField(field.number, Buffer.from(dice.pick(others))));
  },
  'operator replaced': (whole, dice) => {
    const operators = messageFields(whole).filter(
      ({ within, number }) => within.join() === '7,1' && number === 4,
    );
    const name = dice.pick(OPERATORS.split(' '));
    return replaceField(whole, dice.pick(operators), encodedField(4, Buffer.from(name)));
  },
  'length wrong': (whole, dice) => {
    const field = dice.pick(messageFields(whole).filter(({ wire }) => wire === 2));
    const length = varint(dice.pick(EXTREMES));
    const lengthAt = readVarint(whole, field.at).end;
    return bytes(whole.subarray(0, lengthAt), length, whole.subarray(field.valueAt));
  },
};
