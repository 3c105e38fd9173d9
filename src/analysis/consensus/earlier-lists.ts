import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { classNamesProblem } from '../../classify/class-names.js';

/**
 * The classes of an earlier run of `facecls consensus` in the folder, by its `summary.json`; none where there is no
 * such record, or one whose names could not be those of lists.
 */
export async function earlierClassNames(folder: string): Promise<readonly string[]> {
  const summary = await readSummary(path.join(folder, 'summary.json'));
  const { command, counts } = Object(summary);
  const names = Object.keys(Object(Object(counts).classes));
  return command === 'consensus' && classNamesProblem(names) === undefined ? names : [];
}

async function readSummary(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
