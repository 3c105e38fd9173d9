/** The record beside files of results, as far as it tells how to read them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CLASS_NAME_RULE, classNamesProblem } from '../classify/class-names.js';
import { UserError } from '../files/errors.js';
import { own } from '../files/own.js';
import { shownPath } from '../files/text/shown-path.js';

/** The file of the record. */
export const RECORD_NAME = 'run.json';

/**
 * The names of the classes that the record in `folder` has; undefined where there is no record, or one without them.
 *
 * @throws UserError where they break the rule
 */
export async function recordedClassNames(folder: string): Promise<readonly string[] | undefined> {
  const file = path.join(folder, RECORD_NAME);
  const names = classNamesOf(await readRecord(file));
  if (names === undefined) return undefined;
  const problem = isTexts(names) ? classNamesProblem(names) : 'some are no text';
  if (isTexts(names) && problem === undefined) return names;
  throw new UserError(
    `${shownPath(file)}: has class_names of which ${problem}; expected ${CLASS_NAME_RULE}: restore the record, or move the predictions elsewhere`,
  );
}

/** What the record of a run tells of its results; nothing in it is trusted. */
export interface RunRecord {
  readonly command: string | undefined;
  /** As the record has it: what may change a number or a row of the results. */
  readonly madeWith: unknown;
  /** Of the classifier, lower-case hexadecimal. */
  readonly modelSha256: string | undefined;
  /** The input folder as paths in the results begin. */
  readonly input: string | undefined;
  /** The same folder without links, absolute. */
  readonly realInput: string | undefined;
  /** The folder of results as it was spelled. */
  readonly output: string | undefined;
  /** Inputs that could not be used. */
  readonly failed: number;
}

/** Undefined where there is no such file, or it is no JSON object. */
export async function readRunRecord(file: string): Promise<RunRecord | undefined> {
  const record = await readRecord(file);
  if (typeof record !== 'object' || record === null) return undefined;
  const madeWith = own(record, 'made_with');
  const given = own(record, 'given');
  const failed = own(own(record, 'counts'), 'failed');
  return {
    command: textOf(own(record, 'command')),
    madeWith,
    modelSha256: textOf(own(madeWith, 'model_sha256'))?.toLowerCase(),
    input: textOf(own(given, 'input')),
    realInput: textOf(own(madeWith, 'input_dir') ?? own(madeWith, 'in_dir')),
    output: textOf(own(given, 'output')),
    failed: Number.isSafeInteger(failed) ? (failed as number) : 0,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A record that is missing, or no JSON, says nothing. */
async function readRecord(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isTexts(names: unknown): names is readonly string[] {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

function classNamesOf(record: unknown): unknown {
  return (record as { class_names?: unknown } | null | undefined)?.class_names;
}
