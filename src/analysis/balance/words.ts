/** What a balanced draw says in words. */
import { integer, integerPlural } from '../../files/text/plural.js';
import type { Estimate } from '../composition/correction.js';
import type { Errors } from '../composition/record.js';
import { estimateText, faces } from '../composition/words.js';
import type { DrawOptions, DrawTotals } from './draw.js';
import type { Threshold } from './purity.js';

/** What is told of a draw, but for the faces drawn. */
export interface DrawFacts {
  readonly options: DrawOptions;
  readonly totals: DrawTotals;
  /** Faces that overlap a better one. */
  readonly overlapping: number;
  /** Lines with a face that was there before. */
  readonly repeated: number;
  readonly errors: Errors;
}

/** What is left out, and what the purity assumes, a sentence or two each. */
export function balanceNotes(
  { options: { minConfidence }, totals, overlapping, repeated, errors }: DrawFacts,
  threshold: Threshold | null,
): string[] {
  const notes: string[] = [];
  if (totals.belowConfidence > 0) {
    notes.push(`Left out: ${faces(totals.belowConfidence)} below the confidence ${minConfidence}.`);
  }
  if (overlapping > 0) {
    notes.push(`Left out: ${faces(overlapping)} that overlap a better one.`);
  }
  if (repeated > 0) {
    notes.push(
      `Passed over: ${integerPlural(repeated, 'line')} with a face that was there before.`,
    );
  }
  if (totals.ungrouped > 0) {
    notes.push(`Left out: ${faces(totals.ungrouped)} without a group.`);
  }
  notes.push(...purityNotes(minConfidence, errors, threshold));
  notes.push('Labels are appearance groups as annotators perceived them, not what any person is.');
  return notes;
}

function purityNotes(minConfidence: number, errors: Errors, threshold: Threshold | null): string[] {
  const unknown = (reason: string) => [`The purity is not known: ${reason}.`];
  if (errors.kind === 'unknown') return unknown(errors.reason);
  const { known, refusal } = errors.correction;
  if (refusal !== null) return unknown(refusal);
  if (threshold === null) {
    return unknown(
      'the known errors are not given by confidence (`confusion_by_confidence`), as --min_confidence needs',
    );
  }
  const assumption = `The expected purity assumes that the classifier errs on these faces as it did on ${integer(known.n)} faces with known labels (${known.source ?? known.file}).`;
  if (threshold.from === minConfidence) return [assumption];
  return [
    assumption,
    `The purity is reckoned from the confidence ${threshold.from} on, the next bound of the known errors below ${minConfidence}.`,
  ];
}

/** A class of a list; of several groups together, the purity is null. */
export interface ClassTaken {
  readonly name: string;
  readonly taken: number;
  readonly shortfall: number;
  readonly purity: Estimate | null;
}

/** `African 300, purity 92 % (89-95), shortfall 12; Asian 300`: a part a class. */
export function balanceSummary(classes: readonly ClassTaken[]): string {
  return classes
    .map(({ name, taken, shortfall, purity }) =>
      [
        `${name} ${integer(taken)}`,
        ...(purity === null ? [] : [`purity ${estimateText(purity)}`]),
        ...(shortfall === 0 ? [] : [`shortfall ${integer(shortfall)}`]),
      ].join(', '),
    )
    .join('; ');
}
