/** Checks of what users give, whose types JavaScript does not enforce. All throw UserError. */
import { invalidOption, UserError } from '../files/errors.js';
import { numberIn, type Range, wholeNumberIn } from '../options/ranges.js';

/** Throws where there is an option of another name, which would have no effect. */
export function checkNames(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UserError(`${unknown}: no such option; there are ${known.join(', ')}`);
}

/** @param name of what it holds, in the plural */
export function checkIterable(name: string, value: unknown): void {
  const isOne = typeof value === 'string' || value instanceof Uint8Array;
  const isObject = typeof value === 'object' && value !== null;
  if (!isOne && isObject && (Symbol.asyncIterator in value || Symbol.iterator in value)) return;
  const what = isOne ? 'a single one; put it into an array' : `${typeof value}`;
  throw new UserError(
    `${name}: expected an iterable or async iterable of ${name}, received ${what}`,
  );
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return;
  throw invalidOption(name, 'an object', value);
}

export function flag(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidOption(name, 'true or false', value);
}

export function number(name: string, value: number, range: Range): number {
  if (typeof value === 'number' && value >= range.least && value <= range.most) return value;
  throw invalidOption(name, numberIn(range), value);
}

export function whole(name: string, value: number, range: Range): number {
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return value;
  throw invalidOption(name, wholeNumberIn(range), value);
}

export function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw invalidOption(name, choices.join(' or '), value);
}

export function isFraction(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
