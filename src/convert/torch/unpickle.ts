import { FormatError, quoted } from '../format-error.js';
import type { ByteReader } from './byte-reader.js';

/*
 * Reads Python's pickle format (protocols 0 to 5, as listed in CPython's Lib/pickletools.py) as
 * data. Nothing in a pickle is looked up, imported or called: a global is kept as its name, and a
 * call as the name, the arguments and the state it was given. The callers pick out the few calls
 * they know (a rebuilt tensor, a NumPy array); all others, such as optimizers, callbacks and
 * hyper-parameters of any class, stay inert records and are passed over.
 *
 * Work and memory are bounded by the input: each opcode takes at least one byte, makes at most one
 * object, and moves rather than copies what is on the stack. The values are never walked
 * recursively, so nesting of any depth is harmless.
 */

/** The name of something in a Python module. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  is(module: string, name: string): boolean {
    return this.module === module && this.name === name;
  }
}

/** A call that Python would make, not made: what, with which arguments, and the state set afterwards. */
export class PickleCall {
  state: PickleValue = null;

  constructor(
    readonly callee: PickleValue,
    readonly args: readonly PickleValue[],
  ) {}

  is(module: string, name: string): boolean {
    return this.callee instanceof PickleGlobal && this.callee.is(module, name);
  }
}

/** Something stored outside the pickle, by the identifier that the writing program gave it. */
export class PersistentReference {
  constructor(readonly id: PickleValue) {}
}

/**
 * Lists, tuples and sets are arrays, dictionaries are `Map`s (so that a key `__proto__` is only a key) of what
 * they have under text.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<string, PickleValue>
  | PickleGlobal
  | PickleCall
  | PersistentReference;

export interface Unpickled {
  readonly value: PickleValue;
  /** Every reference to outside data, in the order of the pickle. */
  readonly references: readonly PersistentReference[];
}

/**
 * Modules and functions that no checkpoint needs and that attacks on `pickle.load` use. They would
 * be inert here like all others; a file with one of them is refused so that its owner hears of it.
 */
const ATTACK_MODULES =
  /^(os|posix|nt|subprocess|commands|pty|shutil|socket|runpy|ctypes|webbrowser|importlib)(\.|$)/;
const ATTACK_FUNCTIONS =
  /^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|file|__import__|breakpoint|input)$/;

/** No checkpoint has that many; a pickle that is one empty dictionary after the other would. */
const MOST_OPCODES = 2_000_000;

/** No text in a checkpoint is that long (bytes); V8 cannot hold strings much longer. */
const LONGEST_TEXT = 2 ** 28;

/** No integer in a checkpoint has that many bytes or digits; reading one takes more than linear time. */
const LONGEST_INTEGER = 2 ** 12;

/**
 * The longest key of a dictionary and name in a Python module, in characters. V8 hashes longer texts by no more
 * than their length, and joining a module to its name costs its length each time, for a few bytes of pickle.
 */
const LONGEST_NAME = 2 ** 10;

/**
 * Reads one pickle of at most so many opcodes and leaves the reader behind it. Throws `FormatError` if it is not
 * a whole one.
 */
export function unpickle(reader: ByteReader, mostOpcodes = MOST_OPCODES): Unpickled {
  return new Unpickler(reader).load(mostOpcodes);
}

class Unpickler {
  readonly #reader: ByteReader;
  #stack: PickleValue[] = [];
  /** Heights of the stack at the open MARKs. */
  readonly #marks: number[] = [];
  /** An array: a file can choose the indices so that their hashes in a `Map` are all the same. */
  readonly #memo: PickleValue[] = [];
  readonly #references: PersistentReference[] = [];

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  load(mostOpcodes: number): Unpickled {
    for (let count = 0; count < mostOpcodes; count++) {
      if (this.#step(String.fromCharCode(this.#reader.byte()))) {
        return { value: this.#pop(), references: this.#references };
      }
    }
    throw new FormatError('holds far more objects than a checkpoint has: save the weights alone');
  }

  /** Carries out one opcode; true after STOP. */
  #step(opcode: string): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case '.': // STOP
        return true;
      case '\x80': // PROTO
        if (reader.byte() > 5)
          throw new FormatError(
            'uses a pickle protocol newer than 5: save it again with torch.save',
          );
        break;
      case '\x95': // FRAME
        reader.uint64();
        break;

      case 'N': // NONE
        this.#push(null);
        break;
      case '\x88': // NEWTRUE
        this.#push(true);
        break;
      case '\x89': // NEWFALSE
        this.#push(false);
        break;
      case 'I': // INT, which also writes the booleans of protocol 0
        this.#push(integerOrBoolean(reader.line()));
        break;
      case 'J': // BININT
        this.#push(reader.int32());
        break;
      case 'K': // BININT1
        this.#push(reader.byte());
        break;
      case 'M': // BININT2
        this.#push(reader.uint16());
        break;
      case 'L': // LONG
        this.#push(integer(reader.line().replace(/L$/, '')));
        break;
      case '\x8a': // LONG1
        this.#push(littleEndianInteger(reader, reader.byte()));
        break;
      case '\x8b': // LONG4
        this.#push(littleEndianInteger(reader, reader.uint32()));
        break;
      case 'F': // FLOAT
        this.#push(float(reader.line()));
        break;
      case 'G': // BINFLOAT
        this.#push(reader.float64BigEndian());
        break;

      case 'S': // STRING
        this.#push(unquoted(reader.line()));
        break;
      case 'T': // BINSTRING
        this.#push(this.#text(reader.uint32(), 'latin1'));
        break;
      case 'U': // SHORT_BINSTRING
        this.#push(this.#text(reader.byte(), 'latin1'));
        break;
      case 'V': // UNICODE
        this.#push(rawUnicodeEscape(reader.line()));
        break;
      case 'X': // BINUNICODE
        this.#push(this.#text(reader.uint32(), 'utf8'));
        break;
      case '\x8c': // SHORT_BINUNICODE
        this.#push(this.#text(reader.byte(), 'utf8'));
        break;
      case '\x8d': // BINUNICODE8
        this.#push(this.#text(reader.uint64(), 'utf8'));
        break;
      case 'B': // BINBYTES
        this.#push(reader.bytes(reader.uint32()));
        break;
      case 'C': // SHORT_BINBYTES
        this.#push(reader.bytes(reader.byte()));
        break;
      case '\x8e': // BINBYTES8
      case '\x96': // BYTEARRAY8
        this.#push(reader.bytes(reader.uint64()));
        break;

      case '(': // MARK
        this.#marks.push(this.#stack.length);
        break;
      case '0': // POP
        // As in CPython: a POP right after a MARK takes the MARK away.
        if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
        else this.#pop();
        break;
      case '1': // POP_MARK
        this.#popMark();
        break;
      case '2': // DUP
        this.#push(this.#top());
        break;

      case ')': // EMPTY_TUPLE
      case ']': // EMPTY_LIST
      case '\x8f': // EMPTY_SET
        this.#push([]);
        break;
      case 't': // TUPLE
      case 'l': // LIST
      case '\x91': // FROZENSET
        this.#push(this.#popMark());
        break;
      case '\x85': // TUPLE1
        this.#push(this.#popMany(1));
        break;
      case '\x86': // TUPLE2
        this.#push(this.#popMany(2));
        break;
      case '\x87': // TUPLE3
        this.#push(this.#popMany(3));
        break;
      case 'a': // APPEND
        this.#append(this.#popMany(1));
        break;
      case 'e': // APPENDS
      case '\x90': // ADDITEMS, to a set
        this.#append(this.#popMark());
        break;
      case '}': // EMPTY_DICT
        this.#push(new Map());
        break;
      case 'd': // DICT
        {
          const items = this.#popMark();
          this.#push(new Map());
          this.#setItems(items);
        }
        break;
      case 's': // SETITEM
        this.#setItems(this.#popMany(2));
        break;
      case 'u': // SETITEMS
        this.#setItems(this.#popMark());
        break;

      case 'p': // PUT
        this.#memorize(memoIndex(reader.line()));
        break;
      case 'q': // BINPUT
        this.#memorize(reader.byte());
        break;
      case 'r': // LONG_BINPUT
        this.#memorize(reader.uint32());
        break;
      case '\x94': // MEMOIZE
        this.#memorize(this.#memo.length);
        break;
      case 'g': // GET
        this.#recall(memoIndex(reader.line()));
        break;
      case 'h': // BINGET
        this.#recall(reader.byte());
        break;
      case 'j': // LONG_BINGET
        this.#recall(reader.uint32());
        break;

      case 'c': // GLOBAL
        this.#push(global(reader.line(), reader.line()));
        break;
      case '\x93': // STACK_GLOBAL
        {
          const [module, name] = this.#popMany(2);
          if (typeof module !== 'string' || typeof name !== 'string') throw damaged();
          this.#push(global(module, name));
        }
        break;
      case 'R': // REDUCE
      case '\x81': // NEWOBJ
        {
          const [callee, args] = this.#popMany(2);
          this.#call(callee, args);
        }
        break;
      case '\x92': // NEWOBJ_EX: no class that is understood takes keyword arguments
        {
          const [callee, args] = this.#popMany(3);
          this.#call(callee, args);
        }
        break;
      case 'i': // INST
        {
          const callee = global(reader.line(), reader.line());
          this.#call(callee, this.#popMark());
        }
        break;
      case 'o': // OBJ
        {
          const [callee, ...args] = this.#popMark();
          if (callee === undefined) throw damaged();
          this.#call(callee, args);
        }
        break;
      case 'b': // BUILD
        {
          const state = this.#pop();
          const object = this.#top();
          // Attributes of a dictionary, such as `_metadata` of a state dict, are of no use here.
          if (object instanceof PickleCall) object.state = state;
        }
        break;

      case 'P': // PERSID
        this.#refer(reader.line());
        break;
      case 'Q': // BINPERSID
        this.#refer(this.#pop());
        break;

      case '\x82': // EXT1
      case '\x83': // EXT2
      case '\x84': // EXT4
        throw new FormatError(
          'uses pickle extension codes, which no checkpoint does: save it again with torch.save',
        );
      case '\x97': // NEXT_BUFFER
      case '\x98': // READONLY_BUFFER
        throw new FormatError(
          'refers to pickle buffers outside the file: save it again with torch.save',
        );
      default:
        throw damaged();
    }
    return false;
  }

  /** The lowest height the stack may fall to: items below the last MARK are out of reach. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #top(): PickleValue {
    if (this.#stack.length <= this.#floor) throw damaged();
    return this.#stack[this.#stack.length - 1];
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < this.#floor) throw damaged();
    return this.#stack.splice(this.#stack.length - count);
  }

  /** Takes the last MARK and everything above it. */
  #popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw damaged();
    return this.#stack.splice(height);
  }

  #text(length: number, encoding: 'utf8' | 'latin1'): string {
    if (length > LONGEST_TEXT) throw damaged();
    const bytes = this.#reader.bytes(length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString(encoding);
  }

  /** Python numbers what it memorizes from 0, so that no index is beyond the number of opcodes. */
  #memorize(index: number): void {
    if (index >= MOST_OPCODES) throw damaged();
    this.#memo[index] = this.#top();
  }

  #recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw damaged();
    this.#push(value);
  }

  /** Appends to the list or set on top of the stack. A subclass is an inert record: its items are dropped. */
  #append(items: PickleValue[]): void {
    const list = this.#top();
    if (list instanceof PickleCall) return;
    if (!Array.isArray(list)) throw damaged();
    for (const item of items) list.push(item);
  }

  /** Sets key, value, key, value … in the dictionary on top of the stack. */
  #setItems(items: PickleValue[]): void {
    const dictionary = this.#top();
    if (items.length % 2 !== 0) throw damaged();
    if (dictionary instanceof PickleCall) return;
    if (!(dictionary instanceof Map)) throw damaged();
    for (let i = 0; i < items.length; i += 2) setItem(dictionary, items[i], items[i + 1]);
  }

  #call(callee: PickleValue, args: PickleValue): void {
    if (!(callee instanceof PickleGlobal || callee instanceof PickleCall) || !Array.isArray(args)) {
      throw damaged();
    }
    if (callee instanceof PickleGlobal && callee.is('collections', 'OrderedDict')) {
      this.#push(orderedDict(args));
    } else {
      this.#push(new PickleCall(callee, args));
    }
  }

  #refer(id: PickleValue): void {
    const reference = new PersistentReference(id);
    this.#references.push(reference);
    this.#push(reference);
  }
}

function global(module: string, name: string): PickleGlobal {
  if (module.length + name.length > LONGEST_NAME) throw damaged();
  if (ATTACK_MODULES.test(module) || ATTACK_FUNCTIONS.test(`${module}.${name}`)) {
    throw new FormatError(
      `would run ${quoted(`${module}.${name}`)} if Python loaded it (nothing was run): do not use this file, get the checkpoint from its authors`,
    );
  }
  return new PickleGlobal(module, name);
}

/**
 * Entries under anything but text are dropped, since nobody asks for them: V8 hashes numbers without a secret,
 * and a dictionary of a million keys of one hash would take hours to fill.
 */
function setItem(dictionary: Map<string, PickleValue>, key: PickleValue, value: PickleValue): void {
  if (typeof key === 'string' && key.length <= LONGEST_NAME) dictionary.set(key, value);
}

/**
 * `OrderedDict()`, filled by later opcodes, or as Python 2 writes it, `OrderedDict([[key, value], …])`.
 * The pairs are taken out of the list, so that the same list cannot be copied again and again.
 */
function orderedDict(args: PickleValue[]): Map<string, PickleValue> {
  const dictionary = new Map<string, PickleValue>();
  const pairs = args[0] ?? [];
  if (!Array.isArray(pairs)) throw damaged();
  for (const pair of pairs.splice(0)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw damaged();
    setItem(dictionary, pair[0], pair[1]);
  }
  return dictionary;
}

function integerOrBoolean(text: string): PickleValue {
  if (text === '00') return false;
  if (text === '01') return true;
  return integer(text);
}

function integer(text: string): number | bigint {
  if (text.length > LONGEST_INTEGER || !/^\s*[+-]?\d+\s*$/.test(text)) throw damaged();
  return narrow(BigInt(text.trim().replace(/^\+/, '')));
}

/** A two's complement integer of any length. */
function littleEndianInteger(reader: ByteReader, length: number): number | bigint {
  if (length > LONGEST_INTEGER) throw damaged();
  const bytes = reader.bytes(length);
  let hex = '';
  for (let i = length - 1; i >= 0; i--) hex += bytes[i].toString(16).padStart(2, '0');
  return narrow(BigInt.asIntN(length * 8, BigInt(`0x${hex || '0'}`)));
}

/** A number where that is exact, as the other integer opcodes give. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function float(text: string): number {
  switch (text.trim()) {
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    case 'nan':
      return Number.NaN;
    default: {
      const value = Number(text);
      if (Number.isNaN(value)) throw damaged();
      return value;
    }
  }
}

const ESCAPES = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** A Python string literal of protocol 0. */
function unquoted(literal: string): string {
  const text = literal.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) throw damaged();
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs, (_all, hex, octal, char) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return ESCAPES.get(char) ?? char;
    });
}

/** Python's "raw-unicode-escape", which writes only characters beyond Latin-1 as escapes. */
function rawUnicodeEscape(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_all, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    if (code > 0x10ffff) throw damaged();
    return String.fromCodePoint(code);
  });
}

function memoIndex(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new FormatError(`is damaged (memo index ${quoted(text)})`);
  return Number(text);
}

function damaged(): FormatError {
  return new FormatError(
    'is damaged (its pickle does not follow the format): download or copy it again',
  );
}
