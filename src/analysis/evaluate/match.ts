/**
 * Which prediction a label speaks of.
 *
 * A label's path matches a prediction of that path, or of a path that ends with `/` and it. What
 * facecls makes of a photograph matches its label too: the crop `x.jpg_0.jpg` (or `.png`) and the
 * face `x.jpg#0` match `x.jpg`. Face 0 counts; a further face is only reported, unless a label names
 * its crop. Of several labels that match, the one that says most does: first those of the path as
 * it is, then those of the photograph, each the longest first. A label that matches predictions of
 * two paths (a bare name found in two folders) is ambiguous, and none of them counts. Where no prediction has a label's path as it is, one that has it
 * without the spaces around counts.
 */
import { UserError } from '../../files/errors.js';
import { pathText } from '../../files/paths.js';
import { shownPath } from '../../files/text/shown-path.js';
import { PathIndex } from '../results/path-index.js';
import { comparable, LabelMeanings, type Meaning } from './labels/label-map.js';
import type { LabelRow } from './labels/labels.js';
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
export type LabelFate =
  | 'evaluated'
  | 'no_prediction'
  | Exclude<Meaning['kind'], 'class'>
  | 'ambiguous'
  | 'repeated';

/** What became of a prediction. `unknown_label`, `left_out`, `empty_label`: its label is so. */
export type PredictionFate =
  | 'evaluated'
  | 'no_label'
  | 'further_face'
  | Exclude<Meaning['kind'], 'class'>
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
  /** The same of those that are left out on purpose. */
  readonly leftOutLabels: ReadonlyMap<string, number>;
  /** Labels whose path was found without the spaces around. */
  readonly trimmedPaths: number;
}

interface Entry {
  readonly row: LabelRow;
  readonly meaning: Meaning;
  face?: PredictedFace;
  ambiguous?: true;
}

/** Holds the labels; takes predictions one after the other. */
export class Matcher {
  private readonly entries = new PathIndex<Entry>();
  /** What is found without the spaces around a label's path, with the label's own entry. */
  private readonly trimmed: { readonly found: Entry; readonly entry: Entry }[] = [];
  private readonly repeatedRows: LabelRow[] = [];
  private readonly fates: Record<PredictionFate, number> = {
    evaluated: 0,
    no_label: 0,
    further_face: 0,
    unknown_label: 0,
    left_out: 0,
    empty_label: 0,
    ambiguous: 0,
    repeated: 0,
  };

  /**
   * @param name of the file of labels, for messages
   * @param meanings of labels; by default classes stand for themselves alone
   * @throws UserError for two rows of one path that differ
   */
  constructor(
    rows: readonly LabelRow[],
    name: string,
    private readonly classNames: readonly string[],
    meanings = new LabelMeanings(classNames),
  ) {
    for (const row of rows) {
      const earlier = this.entries.get(row.path)?.row;
      if (earlier === undefined) {
        this.entries.set(row.path, { row, meaning: meanings.of(row.label) });
      } else if (sameRow(earlier, row)) this.repeatedRows.push(row);
      else {
        throw new UserError(
          `${name}: lines ${earlier.line} and ${row.line} differ on ${shownPath(row.path)}; keep one of them`,
        );
      }
    }
    this.entries.addWithoutSpaces((entry) => {
      const found = { row: entry.row, meaning: entry.meaning };
      this.trimmed.push({ found, entry });
      return found;
    });
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
    const found = this.entries.find(face.path);
    if (found === undefined) return 'no_label';
    const { row: entry, face: index } = found;
    if (index > 0) return 'further_face';
    if (entry.meaning.kind !== 'class') return entry.meaning.kind;
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

  /** To be called once, after the last prediction. */
  finish(): Matched {
    const rows: LabelRow[] = [];
    const samples: Sample[] = [];
    const probabilities: (readonly number[] | undefined)[] = [];
    const unmatched: Unmatched[] = [];
    const trimmedPaths = this.settleTrimmed(unmatched);
    const unknownLabels = new Map<string, number>();
    const leftOutLabels = new Map<string, number>();
    const labels = {
      evaluated: 0,
      no_prediction: 0,
      unknown_label: 0,
      left_out: 0,
      empty_label: 0,
      ambiguous: 0,
      repeated: 0,
    };
    const list = (row: LabelRow, reason: Exclude<LabelFate, 'evaluated'>) => {
      labels[reason] += 1;
      unmatched.push(unmatchedRow(row, reason));
    };
    for (const { row, meaning, face, ambiguous } of this.entries.values()) {
      if (meaning.kind !== 'class') {
        if (meaning.kind === 'unknown_label') count(unknownLabels, row.label);
        if (meaning.kind === 'left_out') count(leftOutLabels, row.label);
        list(row, meaning.kind);
      } else if (face === undefined) list(row, 'no_prediction');
      else if (ambiguous) {
        list(row, 'ambiguous');
        this.fates.evaluated -= 1;
        this.fates.ambiguous += 1;
        unmatched.push(unmatchedFace(face, 'ambiguous'));
      } else {
        labels.evaluated += 1;
        rows.push(row);
        samples.push(this.sample(meaning.index, face));
        probabilities.push(face.probabilities);
      }
    }
    for (const row of this.repeatedRows) list(row, 'repeated');
    return {
      ...{ samples, rows, probabilities, unmatched, labels },
      ...{ predictions: this.fates, unknownLabels, leftOutLabels, trimmedPaths },
    };
  }

  /** Gives labels what was found without the spaces around their paths. @returns how many got something */
  private settleTrimmed(unmatched: Unmatched[]): number {
    let taken = 0;
    for (const { found, entry } of this.trimmed) {
      const { face, ambiguous } = found;
      if (face === undefined) continue;
      if (entry.face === undefined) {
        entry.face = face;
        if (ambiguous) entry.ambiguous = true;
        taken += 1;
      } else {
        this.fates.evaluated -= 1;
        this.fates.no_label += 1;
        unmatched.push(unmatchedFace(face, 'no_label'));
      }
    }
    return taken;
  }

  private sample(truth: number, face: PredictedFace): Sample {
    const predicted = this.classNames.indexOf(face.label);
    const confidence = face.probabilities?.[predicted];
    return confidence === undefined ? { truth, predicted } : { truth, predicted, confidence };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sameRow(a: LabelRow, b: LabelRow): boolean {
  return (
    comparable(a.label) === comparable(b.label) &&
    a.groups.every((group, i) => group === b.groups[i])
  );
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
