/** The classes of a file of predictions. */
import {
  CLASS_NAME_RULE,
  type ClassNameSources,
  classNamesProblem,
  columnClassNames,
  isOne,
  labelClassNames,
  probabilityColumns,
  SUM_TOLERANCE,
  sumOf,
} from '../classify/class-names.js';
import { UserError } from '../files/errors.js';
import { quoted, shown } from '../files/text/shown.js';
import { malformed } from './stored-prediction.js';

/** The classes, which the first prediction tells. */
export class ClassesOfFile {
  names: readonly string[];
  private isKnown = false;
  /** Names of the further columns. */
  private columns: ReadonlySet<string> = new Set();
  /** Why a column is of no class; undefined where the sum is not to blame. */
  private refusal: string | undefined;

  constructor(
    private readonly file: string,
    private readonly sources: ClassNameSources,
  ) {
    this.names = labelClassNames(sources);
  }

  /** @param columns of the first prediction, but for path and label; later ones change nothing */
  learn(columns: () => ReadonlyMap<string, unknown>, line: number): void {
    if (this.isKnown) return;
    this.isKnown = true;
    const row = columns();
    this.names = columnClassNames(row, this.sources);
    this.columns = new Set(row.keys());
    this.refusal = refusalOfColumns(row, line);
    const problem = classNamesProblem(this.names);
    if (problem === undefined) return;
    throw new UserError(
      `${this.file}, line ${line}: the columns of classes are ${quoted(this.names.join(','))}, of which ${problem}; rename them: expected ${CLASS_NAME_RULE}`,
    );
  }

  /** The error for a label that is none of the names. */
  unknown(label: string, line: number): UserError {
    const hasColumn = this.columns.has(label);
    if (!hasColumn || this.refusal === undefined) {
      return unknownLabel(this.file, line, label, this.names, hasColumn ? RECORD_HINT : '');
    }
    const reason = `the label ${quoted(label)} is of no class, for ${this.refusal}`;
    return malformed(this.file, line, reason);
  }
}

/** Of the columns of the first prediction that might be of classes. */
function refusalOfColumns(row: ReadonlyMap<string, unknown>, line: number): string | undefined {
  const columns = probabilityColumns(row);
  const sum = sumOf(columns);
  if (columns.length === 0 || isOne(sum)) return undefined;
  const names = shown(columns.map(([name]) => name).join(', '));
  return `the values of ${names} add up to ${Number(sum.toFixed(6))} in line ${line}, and those of classes to 1 (within ${SUM_TOLERANCE})`;
}

/** For labels that may be of another model. */
export const RECORD_HINT = ' (other classes are told by the run.json beside the file)';

export function unknownLabel(
  name: string,
  line: number,
  label: string,
  classNames: readonly string[],
  hint = '',
): UserError {
  const expected = `expected a label of ${classNames.join(', ')}${hint}`;
  return malformed(name, line, `${expected}, received ${quoted(label)}`);
}
