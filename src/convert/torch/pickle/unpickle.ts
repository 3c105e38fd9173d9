import { FormatError } from '../../format-error.js';
import type { ByteReader } from '../byte-reader.js';
import { OPCODES, type Opcode, STOP } from './opcodes.js';
import { MOST_OPCODES, PickleMachine } from './pickle-machine.js';
import { damagedPickle, type PersistentReference, type PickleValue } from './pickle-value.js';

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

export interface Unpickled {
  readonly value: PickleValue;
  /** Every reference to outside data, in the order of the pickle. */
  readonly references: readonly PersistentReference[];
}

/**
 * Reads one pickle of at most so many opcodes and leaves the reader behind it. Throws `FormatError` if it is not
 * a whole one.
 */
export function unpickle(reader: ByteReader, mostOpcodes = MOST_OPCODES): Unpickled {
  const machine = new PickleMachine();
  for (let count = 0; count < mostOpcodes; count++) {
    const code = reader.byte();
    if (code === STOP_CODE) return { value: machine.pop(), references: machine.references };
    const carryOut = BY_CODE[code];
    if (carryOut === undefined) throw damagedPickle();
    carryOut(machine, reader);
  }
  throw new FormatError('holds far more objects than a checkpoint has: save the weights alone');
}

const STOP_CODE = STOP.charCodeAt(0);

const BY_CODE: readonly (Opcode | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => OPCODES[String.fromCharCode(code)],
);
