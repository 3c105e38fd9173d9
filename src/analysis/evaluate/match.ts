/**
 * Which prediction a label speaks of.
 *
 * A label's path matches a prediction of that path, or of a path that ends with `/` and it. What
 * facecls makes of a photograph matches its label too: the crop `x.jpg_0.jpg` (or `.png`) and the
 * face `x.jpg#0` match `x.jpg`. Face 0 counts; a further face is only reported, unless a label names
 * its crop. Of several labels that match, the one that says most does: first those of the path as
 * it is, then those of the photograph, each the longest first. A label that matches predictions of
 * two paths (a bare name found in two folders) is ambiguous, and none of them counts.
 */
import { UserError } from '../../files/errors.js';
import { pathText } from '../../files/paths.js';
import { shownPath } from '../../files/shown-path.js';
import { faceSuffix } from '../../inputs/face-name.js';
import type { LabelRow } from './labels.js';
import type { Sample } from './metrics.js';

export interface PredictedFace {
  readonly path: Buffer;
  /** One of the class names. */
  readonly label: string;
  /** One a class, 0..1. */
  readonly probabilities?: readonly number[];
  readonly line: number;
}

/** What became of a row of labels. Each row is of one kind. */
export type LabelFate = 'evaluated' | 'no_prediction' | 'unknown_label' | 'ambiguous' | 'repeated';

/** What became of a prediction. `unknown_label`: its label is no class. */
export type PredictionFate =
  | 'evaluated'
  | 'no_label'
  | 'further_face'
  | 'unknown_label'
  | 'ambiguous'
  | 'repeated';

/** A row that no figure contains. */
export interface Unmatched {
  readonly source: 'labels' | 'predictions';
  readonly line: number;
  /** As `pathText` writes it. */
  readonly path: string;
  readonly label: string;
  readonly reason: Exclude<LabelFate | PredictionFate, 'evaluated'>;
}

export interface Matched {
  /** In the order of the labels, as are `rows` and `probabilities`. */
  readonly samples: readonly Sample[];
  readonly rows: readonly LabelRow[];
  /** Of each sample, one a class; undefined where the file has none. */
  readonly probabilities: readonly (readonly number[] | undefined)[];
  /** What is to be listed besides what `add` returned. */
  readonly unmatched: readonly Unmatched[];
  readonly labels: Readonly<Record<LabelFate, number>>;
  readonly predictions: Readonly<Record<PredictionFate, number>>;
  /** How often each label occurs that is no class. */
  readonly unknownLabels: ReadonlyMap<string, number>;
}

interface Entry {
  readonly row: LabelRow;
  /** Index of the class; -1 for a label that is none. */
  readonly truth: number;
  face?: PredictedFace;
  ambiguous?: true;
}

/** Holds the labels; takes predictions one after the other. */
export class Matcher {
  /** Keys are the bytes of paths, one a character. */
  private readonly entries = new Map<string, Entry>();
  /** Last parts of these paths: most predictions without a label are known by theirs. */
  private readonly names = new Set<string>();
  private readonly repeatedRows: LabelRow[] = [];
  private readonly classNames: readonly string[];
  private readonly fates: Record<PredictionFate, number> = {
    evaluated: 0,
    no_label: 0,
    further_face: 0,
    unknown_label: 0,
    ambiguous: 0,
    repeated: 0,
  };

  /**
   * @param name of the file of labels, for messages
   * @throws UserError for two rows of one path that differ
   */
  constructor(rows: readonly LabelRow[], name: string, classNames: readonly string[]) {
    this.classNames = classNames;
    for (const row of rows) {
      const key = row.path.toString('latin1').replace(/^(?:\.\/+)+/, '');
      const earlier = this.entries.get(key)?.row;
      if (earlier === undefined) {
        this.entries.set(key, { row, truth: classNames.indexOf(row.label) });
        this.names.add(lastPart(key));
      } else if (sameRow(earlier, row)) this.repeatedRows.push(row);
      else {
        throw new UserError(
          `${name}: lines ${earlier.line} and ${row.line} differ on ${shownPath(row.path)}; keep one of them`,
        );
      }
    }
  }

  /**
   * @returns what is to be listed of it now, if anything
   * @throws UserError for a path predicted twice, differently
   */
  add(face: PredictedFace): Unmatched | undefined {
    const fate = this.fateOf(face);
    this.fates[fate] += 1;
    return fate === 'evaluated' ? undefined : unmatchedFace(face, fate);
  }

  private fateOf(face: PredictedFace): PredictionFate {
    const found = this.find(face.path.toString('latin1'));
    if (found === undefined) return 'no_label';
    const { entry, index } = found;
    if (index > 0) return 'further_face';
    if (entry.truth < 0) return 'unknown_label';
    if (entry.face === undefined) {
      entry.face = face;
      return 'evaluated';
    }
    if (!entry.face.path.equals(face.path)) {
      entry.ambiguous = true;
      return 'ambiguous';
    }
    if (samePrediction(entry.face, face)) return 'repeated';
    throw new UserError(
      `--predictions: lines ${entry.face.line} and ${face.line} differ on ${shownPath(face.path)}; evaluate one run at a time`,
    );
  }

  /** `index` is the number of the face. */
  private find(path: string): { entry: Entry; index: number } | undefined {
    const asItIs = this.longestEnd(path);
    if (asItIs !== undefined) return { entry: asItIs, index: 0 };
    const suffix = faceSuffix(path);
    if (suffix === undefined) return undefined;
    const entry = this.longestEnd(path.slice(0, suffix.start));
    return entry && { entry, index: suffix.face };
  }

  private longestEnd(path: string): Entry | undefined {
    if (!this.names.has(lastPart(path))) return undefined;
    let entry = this.entries.get(path);
    for (let slash = path.indexOf('/'); entry === undefined && slash >= 0; ) {
      entry = this.entries.get(path.slice(slash + 1));
      slash = path.indexOf('/', slash + 1);
    }
    return entry;
  }

  /** To be called once, after the last prediction. */
  finish(): Matched {
    const rows: LabelRow[] = [];
    const samples: Sample[] = [];
    const probabilities: (readonly number[] | undefined)[] = [];
    const unmatched: Unmatched[] = [];
    const unknownLabels = new Map<string, number>();
    const labels = {
      evaluated: 0,
      no_prediction: 0,
      unknown_label: 0,
      ambiguous: 0,
      repeated: 0,
    };
    const list = (row: LabelRow, reason: Exclude<LabelFate, 'evaluated'>) => {
      labels[reason] += 1;
      unmatched.push(unmatchedRow(row, reason));
    };
    for (const { row, truth, face, ambiguous } of this.entries.values()) {
      if (truth < 0) {
        unknownLabels.set(row.label, (unknownLabels.get(row.label) ?? 0) + 1);
        list(row, 'unknown_label');
      } else if (face === undefined) list(row, 'no_prediction');
      else if (ambiguous) {
        list(row, 'ambiguous');
        this.fates.evaluated -= 1;
        this.fates.ambiguous += 1;
        unmatched.push(unmatchedFace(face, 'ambiguous'));
      } else {
        labels.evaluated += 1;
        rows.push(row);
        samples.push(this.sample(truth, face));
        probabilities.push(face.probabilities);
      }
    }
    for (const row of this.repeatedRows) list(row, 'repeated');
    return {
      ...{ samples, rows, probabilities, unmatched, labels },
      ...{ predictions: this.fates, unknownLabels },
    };
  }

  private sample(truth: number, face: PredictedFace): Sample {
    const predicted = this.classNames.indexOf(face.label);
    const confidence = face.probabilities?.[predicted];
    return confidence === undefined ? { truth, predicted } : { truth, predicted, confidence };
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function sameRow(a: LabelRow, b: LabelRow): boolean {
  return a.label === b.label && a.groups.every((group, i) => group === b.groups[i]);
}

function samePrediction(a: PredictedFace, b: PredictedFace): boolean {
  return a.label === b.label && String(a.probabilities) === String(b.probabilities);
}

function unmatchedRow(row: LabelRow, reason: Unmatched['reason']): Unmatched {
  return { source: 'labels', line: row.line, path: pathText(row.path), label: row.label, reason };
}

function unmatchedFace(face: PredictedFace, reason: Unmatched['reason']): Unmatched {
  const { line, label } = face;
  return { source: 'predictions', line, path: pathText(face.path), label, reason };
}
