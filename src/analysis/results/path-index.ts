/**
 * Rows of a table by the path or name of a photograph, found for the paths of results: a row's path is that of a result
 * if it is the same, or if the result's ends with `/` and it. Of several such rows, the longest.
 */
import { faceSuffix } from '../../inputs/face-name.js';

export class PathIndex<T> {
  /** Keys are the bytes of paths, one a character. */
  private readonly rows = new Map<string, T>();
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
    let row = this.rows.get(path);
    for (let slash = path.indexOf('/'); row === undefined && slash >= 0; ) {
      row = this.rows.get(path.slice(slash + 1));
      slash = path.indexOf('/', slash + 1);
    }
    return row;
  }
}

function keyOf(path: Buffer): string {
  return path.toString('latin1').replace(/^(?:\.\/+)+/, '');
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
