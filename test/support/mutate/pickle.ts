import { bytes, text, u32 } from '../bytes.js';
import { type Dice, EXTREMES, type Mutation, setField, splice } from './mutate.js';

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
