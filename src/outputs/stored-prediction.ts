/** One prediction of a file, checked. */
import { InputError, UserError } from '../files/errors.js';
import { parsePathLine } from '../files/paths.js';
import { quoted } from '../files/text/shown.js';
import { EXPECTED_FILE } from './prediction-chunks.js';

/** One prediction as its file has it. */
export interface StoredPrediction {
  /** The bytes of the path. Its own copy: keeping it keeps nothing else alive. */
  path: Buffer;
  /** One of the class names. */
  label: string;
  /** One value from 0 to 1 a class, in the order of the class names; absent where the file has none. */
  probabilities?: number[];
  /** Number of the better face of the photograph that it overlaps; absent where there is none. */
  overlaps?: number;
  /** Where it begins in the file; the first line is 1. */
  line: number;
}

/** Column and key of the better face. */
export const OVERLAPS = 'overlaps';

/**
 * @param label one of the class names
 * @param values of the classes, in their order: what the file has, undefined where it has none
 */
export function stored(
  name: string,
  line: number,
  path: string,
  label: string,
  classNames: readonly string[],
  values: readonly unknown[],
): StoredPrediction {
  if (path === '') throw malformed(name, line, 'has no path');
  const prediction = { path: storedPath(name, line, path), label, line };
  if (values.every((value) => value === undefined)) return prediction;
  const bad = values.findIndex((value) => typeof value !== 'number' || !(value >= 0 && value <= 1));
  if (bad < 0) return { ...prediction, probabilities: values as number[] };
  const received =
    values[bad] === undefined ? 'which is missing' : `received ${quoted(values[bad])}`;
  const expected = `expected a probability from 0 to 1 for ${classNames[bad]}`;
  throw malformed(name, line, `${expected}, ${received}`);
}

/** @param better what the file has in the column of the better face; undefined where that is empty */
export function withBetterFace(
  prediction: StoredPrediction,
  name: string,
  better: unknown,
): StoredPrediction {
  if (better === undefined) return prediction;
  if (Number.isSafeInteger(better) && (better as number) >= 0) {
    return { ...prediction, overlaps: better as number };
  }
  const expected = `expected the number of a face, from 0, or nothing as ${OVERLAPS}`;
  throw malformed(name, prediction.line, `${expected}, received ${quoted(better)}`);
}

export function storedPath(name: string, line: number, text: string): Buffer {
  try {
    return parsePathLine(text);
  } catch (error) {
    if (error instanceof InputError) throw malformed(name, line, error.message);
    throw error;
  }
}

/** @param remedy besides giving another file */
export function malformed(
  name: string,
  line: number,
  reason: string,
  remedy = 'correct the line',
): UserError {
  return new UserError(`${name}, line ${line}: ${reason}; ${remedy}, or ${EXPECTED_FILE}`);
}
