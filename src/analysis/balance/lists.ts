/** The lists of a balanced draw: `balanced.csv` and, for each class, `balanced-CLASS.txt`. */

import { pathLine, pathText } from '../../files/paths.js';
import { csvRecord } from '../../files/text/csv.js';
import type { DrawnCell } from './draw.js';

const DECIMALS = 6;

/** The lines of `balanced.csv` with their ends, the header first; a path as in predictions. */
export function* balancedTable(
  cells: readonly DrawnCell[],
  classNames: readonly string[],
): Generator<string> {
  yield csvRecord(['path', 'label', 'confidence', 'group']);
  for (const { label, group, faces } of cells) {
    for (const { path, confidence } of faces) {
      const digits = confidence === null ? '' : confidence.toFixed(DECIMALS);
      yield csvRecord([pathText(path), classNames[label], digits, group ?? '']);
    }
  }
}

/** The lines of `balanced-CLASS.txt`: a path a line, quoted where it has to be. */
export function* balancedList(cells: readonly DrawnCell[], label: number): Generator<string> {
  for (const cell of cells) {
    if (cell.label !== label) continue;
    for (const { path } of cell.faces) yield `${pathLine(path)}\n`;
  }
}

/**
 * Names of the lists by class. Class names come from files: what is no letter, digit, space, dot, `-` or `_` becomes
 * `_`, and classes that would then share a file get their number.
 */
export function listNames(classNames: readonly string[]): string[] {
  const safe = classNames.map((name) => name.replace(/[^\p{L}\p{M}\p{N} ._-]/gu, '_'));
  const folded = safe.map((name) => name.toLowerCase());
  return safe.map((name, k) => {
    const isAlone = folded.indexOf(folded[k]) === folded.lastIndexOf(folded[k]);
    return `balanced-${isAlone ? name : `${name}-${k}`}.txt`;
  });
}
