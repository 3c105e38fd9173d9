import { FormatError } from '../../format-error.js';

/** The name of something in a Python module. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
    /** Whether attacks on `pickle.load` call it. */
    readonly isOfAttacks = false,
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

export function damagedPickle(): FormatError {
  return new FormatError(
    'is damaged (its pickle does not follow the format): download or copy it again',
  );
}

/**
 * The longest key of a dictionary and name in a Python module, in characters. V8 hashes longer texts by no more
 * than their length, and joining a module to its name costs its length each time, for a few bytes of pickle.
 */
export const LONGEST_NAME = 2 ** 10;
