/** Checks of what users give, whose types JavaScript does not enforce. All throw UserError. */
import { invalidOption, UserError } from '../files/errors.js';
import { shown } from '../files/text/shown.js';

/** @param name of what it holds, in the plural */
export function checkIterable(name: string, value: unknown): void {
  const isOne = typeof value === 'string' || value instanceof Uint8Array;
  const isObject = typeof value === 'object' && value !== null;
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = (
    isObject ? value : {}
  ) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  if (!isOne && (async ?? sync) !== undefined) return;
  const what = isOne ? 'a single one; put it into an array' : `${typeof value}`;
  throw new UserError(
    `${name}: expected an iterable or async iterable of ${name}, received ${what}`,
  );
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return;
  throw invalidOption(name, 'an object', value);
}

/** Throws where there is an option besides the only one, which would have no effect. */
export function checkNoOther(others: object, only: string): void {
  const [unknown] = Object.keys(others);
  if (unknown === undefined) return;
  throw new UserError(`${shown(unknown)}: no such option; there is ${only}`);
}

export function checkSignal(signal: AbortSignal | undefined): void {
  // Not by its class, as there may be others of the same name.
  if (signal === undefined || typeof signal?.throwIfAborted === 'function') return;
  throw invalidOption('signal', 'an AbortSignal', signal);
}

export function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw invalidOption(name, choices.join(' or '), value);
}

export function isFraction(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
