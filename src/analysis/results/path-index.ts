/**
 * Rows of a table by the path or name of a photograph, found for the paths of results: a row's path is that of a result
 * if it is the same, or if the result's ends with `/` and it. Of several such rows, the longest.
 */
import { faceSuffix } from '../../inputs/face-name.js';

export class PathIndex<T> {
  /** Keys are the bytes of paths, one a character. */
  private readonly rows = new Map<string, T>();
  /** Those whose paths have spaces around, by what is between. */
  private readonly trimmed = new Map<string, T>();
  /** Last parts of these paths: most results without a row are known by theirs. */
  private readonly names = new Set<string>();

  /** The row of exactly this path, as the table has it. */
  get(path: Buffer): T | undefined {
    return this.rows.get(keyOf(path));
  }

  set(path: Buffer, row: T): void {
    const key = keyOf(path);
    this.rows.set(key, row);
    this.names.add(lastPart(key));
  }

  /**
   * Finds rows whose paths have spaces around without these too, where no row has such a path. To be called once, when
   * all rows are there.
   *
   * @param asTrimmed what is then found
   */
  addWithoutSpaces(asTrimmed: (row: T) => T): void {
    for (const [key, row] of this.rows) {
      const inner = withoutDots(key.replace(SPACE_AROUND, ''));
      if (inner === '' || this.rows.has(inner) || this.trimmed.has(inner)) continue;
      this.trimmed.set(inner, asTrimmed(row));
      this.names.add(lastPart(inner));
    }
  }

  values(): Iterable<T> {
    return this.rows.values();
  }

  /** The row of the path as it is, else, where it may be of a face, that of its photograph. */
  find(path: Buffer): { readonly row: T; readonly face: number } | undefined {
    const text = path.toString('latin1');
    const asItIs = this.longestEnd(text);
    if (asItIs !== undefined) return { row: asItIs, face: 0 };
    const suffix = faceSuffix(text);
    if (suffix === undefined) return undefined;
    const row = this.longestEnd(text.slice(0, suffix.start));
    return row === undefined ? undefined : { row, face: suffix.face };
  }

  private longestEnd(path: string): T | undefined {
    if (!this.names.has(lastPart(path))) return undefined;
    const get = (end: string) => this.rows.get(end) ?? this.trimmed.get(end);
    let row = get(path);
    for (let slash = path.indexOf('/'); row === undefined && slash >= 0; ) {
      row = get(path.slice(slash + 1));
      slash = path.indexOf('/', slash + 1);
    }
    return row;
  }
}

/** Bytes of a path, one a character: spaces, tabs, and no-break spaces in UTF-8. */
const SPACE_AROUND = /^(?:[ \t]|\xc2\xa0)+|(?:[ \t]|\xc2\xa0)+$/g;

function keyOf(path: Buffer): string {
  return withoutDots(path.toString('latin1'));
}

/** The path without `./` before it. */
function withoutDots(path: string): string {
  return path.replace(/^(?:\.\/+)+/, '');
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
