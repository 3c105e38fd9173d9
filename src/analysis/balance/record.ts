/** `balance.json`: what was drawn of each class, in each group, and how pure it is. */
import type { Correction, Estimate } from '../composition/correction.js';
import type { Errors } from '../composition/record.js';
import type { CopyMode } from './copies.js';
import type { DrawnCell, DrawOptions, DrawTotals } from './draw.js';
import { DRAW_METHOD } from './face.js';
import { expectedPurity, type Threshold, thresholdOf } from './purity.js';
import { balanceNotes, type ClassTaken } from './words.js';

export interface BalanceCell {
  /** Null where faces are not grouped. */
  readonly group: string | null;
  readonly class: string;
  readonly available: number;
  readonly taken: number;
  /** How many are missing to the number asked for. */
  readonly shortfall: number;
  readonly expected_purity: Estimate | null;
}

export interface BalanceRecord {
  readonly command: 'balance';
  readonly version: string;
  readonly class_names: readonly string[];
  /** Faces of each class, in each group. */
  readonly per_class: number;
  /** The cell that `min` took its size from; null where the number was given. */
  readonly rarest: { readonly class: string; readonly group: string | null } | null;
  readonly one_per: DrawOptions['onePer'];
  readonly min_confidence: number;
  readonly seed: number;
  readonly draw: string;
  /** Rows of predictions. */
  readonly faces: number;
  readonly below_confidence: number;
  readonly ungrouped: number;
  readonly taken: number;
  readonly shortfall: number;
  /** Faces that overlap a better one, left out. */
  readonly overlapping: number;
  /** Lines with a face that was there before, passed over. */
  readonly repeated: number;
  readonly group_by: string | null;
  /** Null where no faces were copied. */
  readonly copied: { readonly how: CopyMode; readonly faces: number } | null;
  readonly known_errors: { readonly source: string; readonly n: number } | null;
  /** Confidence from which on the purity is reckoned; null where it is not. */
  readonly purity_from: number | null;
  /** Level of the intervals. */
  readonly interval: number | null;
  readonly notes: readonly string[];
  readonly cells: readonly BalanceCell[];
}

export interface BalanceInput {
  readonly version: string;
  readonly options: DrawOptions;
  readonly perClass: number;
  /** What `min` found; null where the number was given. */
  readonly rarest: { readonly label: number; readonly group: string | null } | null;
  readonly cells: readonly DrawnCell[];
  readonly totals: DrawTotals;
  /** As the draw gives both. */
  readonly labels: readonly { readonly group: string | null; readonly counts: Float64Array }[];
  readonly errors: Errors;
  readonly overlapping: number;
  readonly repeated: number;
  readonly groupBy: string | null;
  readonly copied: BalanceRecord['copied'];
  /** What makes the purity doubtful, a sentence each. */
  readonly warnings: readonly string[];
}

const DECIMALS = 6;
const UNKNOWN_NOTE =
  'The purity of some lists is not known: no labelled face has such a label with such a confidence.';

export function balanceRecord(input: BalanceInput): BalanceRecord {
  const { options, perClass, rarest, totals, errors } = input;
  const { classNames, minConfidence } = options;
  const correction = errors.kind === 'known' ? errors.correction : null;
  const threshold = correction && thresholdOf(correction.known, minConfidence);
  const cells = cellRecords(input, correction, threshold);
  const isReckoned = correction?.refusal === null && threshold !== null;
  return {
    command: 'balance',
    version: input.version,
    class_names: classNames,
    per_class: perClass,
    rarest: rarest && { class: classNames[rarest.label], group: rarest.group },
    one_per: options.onePer,
    min_confidence: minConfidence,
    seed: options.seed,
    draw: DRAW_METHOD,
    faces: totals.faces,
    below_confidence: totals.belowConfidence,
    ungrouped: totals.ungrouped,
    taken: sum(cells.map(({ taken }) => taken)),
    shortfall: sum(cells.map(({ shortfall }) => shortfall)),
    overlapping: input.overlapping,
    repeated: input.repeated,
    group_by: input.groupBy,
    copied: input.copied,
    known_errors: correction && {
      source: correction.known.source ?? correction.known.file,
      n: correction.known.n,
    },
    purity_from: isReckoned ? threshold.from : null,
    interval: isReckoned ? correction.options.interval : null,
    notes: [
      ...balanceNotes(input, threshold),
      ...input.warnings,
      ...(isReckoned && cells.some(isUnknown) ? [UNKNOWN_NOTE] : []),
    ],
    cells,
  };
}

function isUnknown({ taken, expected_purity }: BalanceCell): boolean {
  return taken > 0 && expected_purity === null;
}

function cellRecords(
  { options, perClass, cells, labels }: BalanceInput,
  correction: Correction | null,
  threshold: Threshold | null,
): BalanceCell[] {
  const classes = options.classNames.length;
  // Both are in the order of the groups.
  return labels.flatMap(({ group, counts }, g) => {
    const own = cells.slice(g * classes, (g + 1) * classes);
    const lists = own.map(({ label, faces }) => ({ label, taken: faces.length }));
    const stream = group === null ? '' : `group ${group}`;
    const purities =
      correction === null || threshold === null
        ? []
        : expectedPurity(correction, threshold, counts, lists, stream);
    return own.map(({ label, available, faces }, k) => ({
      group,
      class: options.classNames[label],
      available,
      taken: faces.length,
      shortfall: perClass - faces.length,
      expected_purity: rounded(purities[k] ?? null),
    }));
  });
}

function rounded(estimate: Estimate | null): Estimate | null {
  if (estimate === null) return null;
  const [share, low, high] = estimate.map((value) => Number(value.toFixed(DECIMALS)));
  return [share, low, high];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Of each class over all groups, for the summary. */
export function takenByClass({ class_names, cells }: BalanceRecord): ClassTaken[] {
  return class_names.map((name) => {
    const own = cells.filter((cell) => cell.class === name);
    return {
      name,
      taken: sum(own.map(({ taken }) => taken)),
      shortfall: sum(own.map(({ shortfall }) => shortfall)),
      purity: own.length === 1 ? own[0].expected_purity : null,
    };
  });
}
