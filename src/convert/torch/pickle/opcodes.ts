import { FormatError } from '../../format-error.js';
import type { ByteReader } from '../byte-reader.js';
import { namedGlobal } from './pickle-global.js';
import type { PickleMachine } from './pickle-machine.js';
import { float, integer, integerOrBoolean, littleEndianInteger } from './pickle-numbers.js';
import { memoIndex, rawUnicodeEscape, textOfLength, unquoted } from './pickle-text.js';
import { damagedPickle, PickleCall } from './pickle-value.js';

/** Carries out an opcode, whose arguments the reader is at. */
export type Opcode = (machine: PickleMachine, reader: ByteReader) => void;

/** Ends a pickle; what is on top of the stack is its value. */
export const STOP = '.';

/** All opcodes but STOP, by the character that stands for them. */
export const OPCODES: Readonly<Record<string, Opcode>> = {
  '\x80': (_, reader) => checkProtocol(reader.byte()), // PROTO
  '\x95': (_, reader) => void reader.uint64(), // FRAME

  N: (machine) => machine.push(null), // NONE
  '\x88': (machine) => machine.push(true), // NEWTRUE
  '\x89': (machine) => machine.push(false), // NEWFALSE
  // INT, which also writes the booleans of protocol 0.
  I: (machine, reader) => machine.push(integerOrBoolean(reader.line())),
  J: (machine, reader) => machine.push(reader.int32()), // BININT
  K: (machine, reader) => machine.push(reader.byte()), // BININT1
  M: (machine, reader) => machine.push(reader.uint16()), // BININT2
  L: (machine, reader) => machine.push(integer(reader.line().replace(/L$/, ''))), // LONG
  '\x8a': (machine, reader) => machine.push(littleEndianInteger(reader, reader.byte())), // LONG1
  '\x8b': (machine, reader) => machine.push(littleEndianInteger(reader, reader.uint32())), // LONG4
  F: (machine, reader) => machine.push(float(reader.line())), // FLOAT
  G: (machine, reader) => machine.push(reader.float64BigEndian()), // BINFLOAT

  S: (machine, reader) => machine.push(unquoted(reader.line())), // STRING
  T: (machine, reader) => machine.push(textOfLength(reader, reader.uint32(), 'latin1')), // BINSTRING
  U: (machine, reader) => machine.push(textOfLength(reader, reader.byte(), 'latin1')), // SHORT_BINSTRING
  V: (machine, reader) => machine.push(rawUnicodeEscape(reader.line())), // UNICODE
  X: (machine, reader) => machine.push(textOfLength(reader, reader.uint32(), 'utf8')), // BINUNICODE
  '\x8c': (machine, reader) => machine.push(textOfLength(reader, reader.byte(), 'utf8')), // SHORT_BINUNICODE
  '\x8d': (machine, reader) => machine.push(textOfLength(reader, reader.uint64(), 'utf8')), // BINUNICODE8
  B: (machine, reader) => machine.push(reader.bytes(reader.uint32())), // BINBYTES
  C: (machine, reader) => machine.push(reader.bytes(reader.byte())), // SHORT_BINBYTES
  '\x8e': (machine, reader) => machine.push(reader.bytes(reader.uint64())), // BINBYTES8
  '\x96': (machine, reader) => machine.push(reader.bytes(reader.uint64())), // BYTEARRAY8

  '(': (machine) => machine.mark(), // MARK
  '0': (machine) => machine.popOrUnmark(), // POP
  '1': (machine) => void machine.popMark(), // POP_MARK
  '2': (machine) => machine.push(machine.top()), // DUP

  ')': (machine) => machine.push([]), // EMPTY_TUPLE
  ']': (machine) => machine.push([]), // EMPTY_LIST
  '\x8f': (machine) => machine.push([]), // EMPTY_SET
  t: (machine) => machine.push(machine.popMark()), // TUPLE
  l: (machine) => machine.push(machine.popMark()), // LIST
  '\x91': (machine) => machine.push(machine.popMark()), // FROZENSET
  '\x85': (machine) => machine.push(machine.popMany(1)), // TUPLE1
  '\x86': (machine) => machine.push(machine.popMany(2)), // TUPLE2
  '\x87': (machine) => machine.push(machine.popMany(3)), // TUPLE3
  a: (machine) => machine.append(machine.popMany(1)), // APPEND
  e: (machine) => machine.append(machine.popMark()), // APPENDS
  '\x90': (machine) => machine.append(machine.popMark()), // ADDITEMS, to a set
  '}': (machine) => machine.push(new Map()), // EMPTY_DICT
  d: pushDictionary, // DICT
  s: (machine) => machine.setItems(machine.popMany(2)), // SETITEM
  u: (machine) => machine.setItems(machine.popMark()), // SETITEMS

  p: (machine, reader) => machine.memorize(memoIndex(reader.line())), // PUT
  q: (machine, reader) => machine.memorize(reader.byte()), // BINPUT
  r: (machine, reader) => machine.memorize(reader.uint32()), // LONG_BINPUT
  '\x94': (machine) => machine.memorizeNext(), // MEMOIZE
  g: (machine, reader) => machine.recall(memoIndex(reader.line())), // GET
  h: (machine, reader) => machine.recall(reader.byte()), // BINGET
  j: (machine, reader) => machine.recall(reader.uint32()), // LONG_BINGET

  c: (machine, reader) => machine.push(namedGlobal(reader.line(), reader.line())), // GLOBAL
  '\x93': pushGlobal, // STACK_GLOBAL
  R: (machine) => callTop(machine, 2), // REDUCE
  '\x81': (machine) => callTop(machine, 2), // NEWOBJ
  '\x92': (machine) => callTop(machine, 3), // NEWOBJ_EX: no class that is understood takes keyword arguments
  i: callNamed, // INST
  o: callMarked, // OBJ
  b: setState, // BUILD

  P: (machine, reader) => machine.refer(reader.line()), // PERSID
  Q: (machine) => machine.refer(machine.pop()), // BINPERSID

  '\x82': refuseExtension, // EXT1
  '\x83': refuseExtension, // EXT2
  '\x84': refuseExtension, // EXT4
  '\x97': refuseBuffer, // NEXT_BUFFER
  '\x98': refuseBuffer, // READONLY_BUFFER
};

function checkProtocol(protocol: number): void {
  if (protocol > 5) {
    throw new FormatError('uses a pickle protocol newer than 5: save it again with torch.save');
  }
}

function pushDictionary(machine: PickleMachine): void {
  const items = machine.popMark();
  machine.push(new Map());
  machine.setItems(items);
}

function pushGlobal(machine: PickleMachine): void {
  const [module, name] = machine.popMany(2);
  if (typeof module !== 'string' || typeof name !== 'string') throw damagedPickle();
  machine.push(namedGlobal(module, name));
}

/** Calls the first of the `count` values on top with the second. */
function callTop(machine: PickleMachine, count: number): void {
  const [callee, args] = machine.popMany(count);
  machine.call(callee, args);
}

function callNamed(machine: PickleMachine, reader: ByteReader): void {
  const callee = namedGlobal(reader.line(), reader.line());
  machine.call(callee, machine.popMark());
}

function callMarked(machine: PickleMachine): void {
  const [callee, ...args] = machine.popMark();
  if (callee === undefined) throw damagedPickle();
  machine.call(callee, args);
}

function setState(machine: PickleMachine): void {
  const state = machine.pop();
  const object = machine.top();
  // Attributes of a dictionary, such as `_metadata` of a state dict, are of no use here.
  if (object instanceof PickleCall) object.state = state;
}

function refuseExtension(): never {
  throw new FormatError(
    'uses pickle extension codes, which no checkpoint does: save it again with torch.save',
  );
}

function refuseBuffer(): never {
  throw new FormatError('refers to pickle buffers outside the file: save it again with torch.save');
}
