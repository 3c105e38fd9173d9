/** Draws the same number of faces of each class, and in each group, from predictions in any order. */
import { UserError } from '../../files/errors.js';
import { Cells } from './cells.js';
import { hashOf, keyOf, type OnePer, type PredictedFace } from './face.js';
import { Representatives } from './representatives.js';
import { type DrawnFace, SmallestFaces } from './smallest.js';

export interface DrawOptions {
  readonly classNames: readonly string[];
  /** Whether each group gets its own share; faces without a group are then left out. */
  readonly isGrouped: boolean;
  /** Faces below are left out, 0..1. */
  readonly minConfidence: number;
  readonly onePer: OnePer;
  /** 0 .. 2^32 - 1. */
  readonly seed: number;
  /** The input folder with its slash, as the paths begin; empty where it is not known. */
  readonly folder: Buffer;
}

/** The faces of one class, in one group. */
export interface DrawnCell {
  /** Index of the class. */
  readonly label: number;
  readonly group: string | null;
  /** Faces that could have been drawn: with `onePer`, photographs or identities whose representative is here. */
  readonly available: number;
  /** The smallest hash first: the first N of them are what is drawn for N. */
  readonly faces: readonly DrawnFace[];
}

export interface DrawTotals {
  readonly faces: number;
  readonly belowConfidence: number;
  /** Without a group though faces are grouped. */
  readonly ungrouped: number;
}

/** What both passes do with a row. */
abstract class Pass {
  protected readonly options: DrawOptions;
  protected readonly cells: Cells;
  private faces = 0;
  private belowConfidence = 0;
  private ungrouped = 0;

  constructor(options: DrawOptions) {
    this.options = options;
    this.cells = new Cells(options.classNames.length, options.isGrouped);
  }

  get totals(): DrawTotals {
    const { faces, belowConfidence, ungrouped } = this;
    return { faces, belowConfidence, ungrouped };
  }

  /** @throws UserError for a face without a confidence, where one is asked for; for too many groups */
  add(face: PredictedFace): void {
    this.faces += 1;
    const group = this.cells.groupOf(face);
    if (group === undefined) {
      this.ungrouped += 1;
      return;
    }
    this.seen(face, group);
    const { minConfidence } = this.options;
    if (minConfidence > 0 && face.confidence === null) {
      throw new UserError(
        '--min_confidence: the predictions hold no confidence. Classify with --format csv or jsonl, or leave the option out.',
      );
    }
    if (face.confidence !== null && face.confidence < minConfidence) this.belowConfidence += 1;
    else this.take(face, group * this.cells.classes + face.label);
  }

  /** Of any confidence. */
  protected seen(_face: PredictedFace, _group: number): void {}
  protected abstract take(face: PredictedFace, cell: number): void;

  protected hash(path: Buffer): number {
    return hashOf(path, this.options.folder, this.options.seed);
  }

  protected cellName(cell: number): { label: number; group: string | null } {
    const { classes, names } = this.cells;
    return { label: cell % classes, group: names[Math.floor(cell / classes)] };
  }
}

/**
 * The first pass, where one is needed: for `min`, and where there is one face per photograph or identity. Memory:
 * a number a cell; with one per photograph or identity what `Representatives` says.
 */
export class FirstPass extends Pass {
  readonly representatives: Representatives | null;
  private readonly counts: number[] = [];

  constructor(options: DrawOptions) {
    super(options);
    this.representatives = options.onePer === 'none' ? null : new Representatives();
  }

  /** The cell that has the fewest faces to draw from, of several the first; null where there is no group. */
  rarest(): { label: number; group: string | null; available: number } | null {
    const available = this.available();
    if (available.length === 0) return null;
    const least = available.reduce((best, n, cell) => (n < available[best] ? cell : best), 0);
    return { ...this.cellName(least), available: available[least] };
  }

  protected take({ path }: PredictedFace, cell: number): void {
    if (this.representatives === null) {
      this.counts[cell] = (this.counts[cell] ?? 0) + 1;
      return;
    }
    const key = keyOf(path, this.options.onePer);
    this.representatives.add(key, path, this.hash(path), cell);
  }

  private available(): number[] {
    const cells = this.cells.names.length * this.cells.classes;
    const available = Array.from({ length: cells }, (_, cell) => this.counts[cell] ?? 0);
    for (const cell of this.representatives?.cells() ?? []) available[cell] += 1;
    return available;
  }
}

/** The pass that draws. Memory: at most `perCell` faces a cell. */
export class Draw extends Pass {
  private readonly perCell: number;
  private readonly representatives: Representatives | null;
  private readonly drawn: SmallestFaces[] = [];
  private readonly counts: number[] = [];
  private readonly labels: Float64Array[] = [];

  /**
   * @param perCell faces of each class, in each group, from 0
   * @param first of the same faces, with the same options; null where it was not needed
   */
  constructor(options: DrawOptions, perCell: number, first: FirstPass | null) {
    super(options);
    this.perCell = perCell;
    this.representatives = first?.representatives ?? null;
    if (options.onePer !== 'none' && this.representatives === null) {
      throw new Error(`one face per ${options.onePer} needs a first pass`);
    }
  }

  /** Faces held at the moment; for tests, which see that there are never more than asked for. */
  get held(): number {
    return this.drawn.reduce((most, { held }) => Math.max(most, held), 0);
  }

  /** Every class in every group, groups by name, also those with nothing to draw. */
  finish(): DrawnCell[] {
    return this.inOrder().flatMap((group) =>
      this.options.classNames.map((_, label) => {
        const cell = group * this.cells.classes + label;
        const faces = this.drawn[cell]?.sorted() ?? [];
        return { ...this.cellName(cell), available: this.counts[cell] ?? 0, faces };
      }),
    );
  }

  /** Labels of all faces of a group by class, of any confidence: what the purity is reckoned from. */
  labelCounts(): { group: string | null; counts: Float64Array }[] {
    const none = () => new Float64Array(this.cells.classes);
    const { names } = this.cells;
    return this.inOrder().map((group) => ({
      group: names[group],
      counts: this.labels[group] ?? none(),
    }));
  }

  protected override seen({ label }: PredictedFace, group: number): void {
    this.labels[group] ??= new Float64Array(this.cells.classes);
    this.labels[group][label] += 1;
  }

  protected take({ path, confidence }: PredictedFace, cell: number): void {
    const { onePer } = this.options;
    const hash = this.hash(path);
    const isOne = this.representatives?.isOne(keyOf(path, onePer), path, hash) ?? true;
    if (!isOne) return;
    this.counts[cell] = (this.counts[cell] ?? 0) + 1;
    this.drawn[cell] ??= new SmallestFaces(this.perCell);
    this.drawn[cell].add(path, hash, confidence, () => keyOf(path, onePer).toString('latin1'));
  }

  private inOrder(): number[] {
    const { names } = this.cells;
    return [...names.keys()].sort((a, b) => ((names[a] ?? '') < (names[b] ?? '') ? -1 : 1));
  }
}
