/** The record beside files of results, as far as it tells how to read them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CLASS_NAME_RULE, classNamesProblem } from '../classify/class-names.js';
import { UserError } from '../files/errors.js';
import { shownPath } from '../files/shown-path.js';

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
