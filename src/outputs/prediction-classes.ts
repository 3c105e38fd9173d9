/** The classes of a file of predictions. */
import {
  CLASS_NAME_RULE,
  type ClassNameSources,
  classNamesProblem,
  columnClassNames,
  labelClassNames,
} from '../classify/class-names.js';
import { UserError } from '../files/errors.js';
import { quoted } from '../files/text/shown.js';

/** The classes, which the first prediction tells. */
export class ClassesOfFile {
  names: readonly string[];
  private isKnown = false;

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
    this.names = columnClassNames(columns(), this.sources);
    const problem = classNamesProblem(this.names);
    if (problem === undefined) return;
    throw new UserError(
      `${this.file}, line ${line}: the columns of classes are ${quoted(this.names.join(','))}, of which ${problem}; rename them: expected ${CLASS_NAME_RULE}`,
    );
  }
}
