import { checkCall } from './pickle-global.js';
import {
  damagedPickle,
  LONGEST_NAME,
  PersistentReference,
  PickleCall,
  PickleGlobal,
  type PickleValue,
} from './pickle-value.js';

/** No checkpoint has that many; a pickle that is one empty dictionary after the other would. */
export const MOST_OPCODES = 2_000_000;

/** What opcodes work on: a stack, marks in it, and a memo. */
export class PickleMachine {
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at the open MARKs. */
  readonly #marks: number[] = [];
  /** An array: a file can choose the indices so that their hashes in a `Map` are all the same. */
  readonly #memo: PickleValue[] = [];
  /** Every reference to outside data, in the order of the pickle. */
  readonly references: PersistentReference[] = [];

  /** The lowest height the stack may fall to: items below the last MARK are out of reach. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  top(): PickleValue {
    if (this.#stack.length <= this.#floor) throw damagedPickle();
    return this.#stack[this.#stack.length - 1];
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < this.#floor) throw damagedPickle();
    return this.#stack.splice(this.#stack.length - count);
  }

  /** As in CPython: a POP right after a MARK takes the MARK away. */
  popOrUnmark(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last MARK and everything above it. */
  popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw damagedPickle();
    return this.#stack.splice(height);
  }

  /** Python numbers what it memorizes from 0, so that no index is beyond the number of opcodes. */
  memorize(index: number): void {
    if (index >= MOST_OPCODES) throw damagedPickle();
    this.#memo[index] = this.top();
  }

  memorizeNext(): void {
    this.memorize(this.#memo.length);
  }

  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw damagedPickle();
    this.push(value);
  }

  /** Appends to the list or set on top of the stack. A subclass is an inert record: its items are dropped. */
  append(items: PickleValue[]): void {
    const list = this.top();
    if (list instanceof PickleCall) return;
    if (!Array.isArray(list)) throw damagedPickle();
    for (const item of items) list.push(item);
  }

  /** Sets key, value, key, value … in the dictionary on top of the stack. */
  setItems(items: PickleValue[]): void {
    const dictionary = this.top();
    if (items.length % 2 !== 0) throw damagedPickle();
    if (dictionary instanceof PickleCall) return;
    if (!(dictionary instanceof Map)) throw damagedPickle();
    for (let i = 0; i < items.length; i += 2) setItem(dictionary, items[i], items[i + 1]);
  }

  call(callee: PickleValue, args: PickleValue): void {
    if (!(callee instanceof PickleGlobal || callee instanceof PickleCall) || !Array.isArray(args)) {
      throw damagedPickle();
    }
    checkCall(callee, args);
    if (callee instanceof PickleGlobal && callee.is('collections', 'OrderedDict')) {
      this.push(orderedDict(args));
    } else {
      this.push(new PickleCall(callee, args));
    }
  }

  refer(id: PickleValue): void {
    const reference = new PersistentReference(id);
    this.references.push(reference);
    this.push(reference);
  }
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
  if (!Array.isArray(pairs)) throw damagedPickle();
  for (const pair of pairs.splice(0)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw damagedPickle();
    setItem(dictionary, pair[0], pair[1]);
  }
  return dictionary;
}
