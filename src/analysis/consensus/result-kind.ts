import { classNamesProblem } from '../../classify/class-names.js';
import type { ResultKind } from '../own-results.js';

/** Files of every consensus, besides a list for each class. */
const OF_ALL = ['undecided.csv', 'consensus.png'];

/** The list of the identities of a class. */
export function listName(className: string): string {
  return `${className}.txt`;
}

export function consensusNames(classNames: readonly string[]): string[] {
  return [...classNames.map(listName), ...OF_ALL];
}

/** The results of `facecls consensus`. */
export const CONSENSUS_RESULTS: ResultKind = {
  command: 'consensus',
  record: 'summary.json',
  namesOf(record) {
    const { counts } = record as { counts?: { classes?: unknown } | null };
    const classNames = Object.keys(Object(counts?.classes));
    return classNamesProblem(classNames) === undefined ? consensusNames(classNames) : OF_ALL;
  },
};
