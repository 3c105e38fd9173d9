/** What a composition says in words: sentences for every output, and numbers as text. */
import { integerPlural } from '../../files/text/plural.js';
import { DOUBTFUL_CONDITION, type Estimate } from './correction.js';
import type { Cutting } from './cutting.js';
import type { CompositionInput, CompositionRecord } from './record.js';

/** Shares below are shown with a decimal. */
const SMALL_SHARE = 0.1;

/** What the shares assume and what makes them doubtful, a sentence or two each. */
export function compositionNotes(input: CompositionInput): string[] {
  return [
    ...correctionNotes(input),
    ...countNotes(input),
    ...input.warnings,
    'Labels are appearance groups as annotators perceived them, not what any person is.',
  ];
}

function correctionNotes({ errors, cutting }: CompositionInput): string[] {
  if (errors.kind === 'unknown') return [`Shares are not corrected: ${errors.reason}.`];
  const { known, conditionNumber, refusal, options } = errors.correction;
  if (refusal !== null) return [`Shares are not corrected: ${refusal}.`];
  const source = known.source ?? known.file;
  const notes = [
    `Corrected shares assume that the classifier errs on these faces as it did on ${faces(known.n)} with known labels (${source}).`,
  ];
  if (conditionNumber !== null && conditionNumber > DOUBTFUL_CONDITION) {
    notes.push(
      `The known errors tell the classes apart poorly (condition number ${conditionNumber.toFixed(1)}, above ${DOUBTFUL_CONDITION}): corrected shares are far less certain than raw ones.`,
    );
  }
  notes.push(...cuttingNotes(cutting, known.cutting));
  if (options.byDetection) {
    notes.push(
      'Corrected shares are divided by the share of the labelled photographs of each class in which a face was found. It holds here as far as these photographs are like those.',
    );
  }
  return notes;
}

function cuttingNotes(here: Cutting | null, there: Cutting | null): string[] {
  if (here === null || there === null) {
    const where = here === null ? 'of the predictions' : 'of the known errors';
    return [
      `How the faces ${where} were cut out is not recorded. Errors hold for faces that are cut out alike.`,
    ];
  }
  const names = [...new Set([...Object.keys(here), ...Object.keys(there)])];
  const differences = names
    .filter((name) => here[name] !== there[name])
    .map((name) => `${name} ${here[name] ?? 'not set'} here, ${there[name] ?? 'not set'} there`);
  if (differences.length === 0) return [];
  return [
    `The faces were cut out in another way than those of the known errors (${differences.join('; ')}). Their errors may differ.`,
  ];
}

function countNotes({ counts, photographsKnown, groupBy }: CompositionInput): string[] {
  const { overlapping, further_face, repeated } = counts.leftOut;
  const { faces: lost, photographs } = counts.ungrouped;
  const notes: string[] = [];
  if (!photographsKnown) {
    notes.push('How many photographs have no face is not known: there is no manifest.');
  }
  if (overlapping > 0) notes.push(`Left out: ${faces(overlapping)} that overlap another.`);
  if (further_face > 0) {
    notes.push(`Left out: ${faces(further_face)} besides the main one of a photograph.`);
  }
  if (repeated > 0) {
    notes.push(
      `Passed over: ${integerPlural(repeated, 'line')} with a face that was there before.`,
    );
  }
  if (groupBy !== null && lost + photographs > 0) {
    const which = photographs > 0 ? ` and ${integerPlural(photographs, 'photograph')}` : '';
    notes.push(`Without a group (${groupBy}): ${faces(lost)}${which}. They count for the whole.`);
  }
  return notes;
}

/** Of the whole, `African 24 % (22-26), Asian 4.1 % (3.5-4.9)`: corrected shares where there are any, else raw ones. */
export function summaryLine({ class_names, groups: [whole] }: CompositionRecord): string {
  return class_names
    .map((name) => {
      const { raw, corrected } = whole.classes[name];
      return `${name} ${estimateText(corrected ?? raw)}`;
    })
    .join(', ');
}

/** `24 % (22-26)`; a dash where there is nothing to take a share of. */
export function estimateText(estimate: Estimate | null): string {
  if (estimate === null) return '–';
  const decimals = estimate[0] < SMALL_SHARE ? 1 : 0;
  const [share, low, high] = estimate.map((value) => (100 * value).toFixed(decimals));
  return `${share} % (${low}-${high})`;
}

/** `95 %` */
export function levelText(level: number): string {
  return `${Number((100 * level).toFixed(2))} %`;
}

export function faces(count: number): string {
  return integerPlural(count, 'face');
}
