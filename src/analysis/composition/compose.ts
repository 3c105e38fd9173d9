/** Builds the record of a composition from the counts and the known errors. */
import type { Estimate } from './correction.js';
import type { GroupCounts } from './counts.js';
import type {
  ClassComposition,
  CompositionInput,
  CompositionRecord,
  GroupComposition,
} from './record.js';
import { wilsonAt } from './wilson-at.js';
import { compositionNotes } from './words.js';

const DECIMALS = 6;
const EDGE_NOTE =
  'A corrected share of 0 with an interval up to 0 means that there are fewer labels of the class than the known errors alone would give. It does not prove that there is no such face.';

export function compositionRecord(input: CompositionInput): CompositionRecord {
  const { version, counts, errors, interval, samples, seed, groupBy } = input;
  const correction = errors.kind === 'known' ? errors.correction : null;
  const known = correction?.known;
  const named = groupBy === null ? [] : counts.groups();
  const groups = [counts.whole, ...named].map((group) => groupComposition(group, input));
  return {
    command: 'composition',
    version,
    n: counts.whole.n,
    photographs: groups[0].photographs,
    class_names: counts.classNames,
    known_errors: known
      ? {
          source: known.source ?? known.file,
          date: known.date,
          n: known.n,
          condition_number:
            correction.conditionNumber === null ? null : rounded(correction.conditionNumber),
        }
      : null,
    not_corrected: errors.kind === 'known' ? errors.correction.refusal : errors.reason,
    interval,
    samples,
    seed,
    correct_detection: correction?.options.byDetection ?? false,
    detection: detectionOf(input),
    left_out: counts.leftOut,
    group_by: groupBy,
    ungrouped: counts.ungrouped,
    notes: [...compositionNotes(input), ...(groups.some(isAtEdge) ? [EDGE_NOTE] : [])],
    groups,
  };
}

function groupComposition(group: GroupCounts, input: CompositionInput): GroupComposition {
  const { counts, errors, interval, photographsKnown } = input;
  const { n, labels, name } = group;
  // The whole has a stream that no group's name is.
  const stream = name === null ? '' : `group ${name}`;
  const corrected = errors.kind === 'known' ? errors.correction.estimate(labels, stream) : null;
  const classes = counts.classNames.map((className, k): [string, ClassComposition] => [
    className,
    {
      n: labels[k],
      raw: wilsonEstimate(labels[k], n, interval),
      corrected: corrected === null ? null : roundedEstimate(corrected[k]),
    },
  ]);
  const { with_face, no_face, unreadable } = group.photographs;
  const seen = with_face + no_face + unreadable;
  return {
    group: name,
    n,
    no_face: photographsKnown ? no_face : null,
    photographs: photographsKnown ? { seen, with_face, no_face, unreadable } : null,
    missed: photographsKnown ? wilsonEstimate(no_face + unreadable, seen, interval) : null,
    classes: Object.fromEntries(classes),
    confidences: group.hasConfidences ? [...group.confidences] : null,
  };
}

function isAtEdge({ classes }: GroupComposition): boolean {
  return Object.values(classes).some(({ corrected }) => corrected?.[2] === 0);
}

function detectionOf({
  counts,
  errors,
  interval,
}: CompositionInput): CompositionRecord['detection'] {
  const detection = errors.kind === 'known' ? errors.correction.known.detection : null;
  if (detection === null) return null;
  const estimates = counts.classNames.map((name, k): [string, Estimate | null] => {
    const [withFace, photographs] = detection[k] ?? [0, 0];
    return [name, wilsonEstimate(withFace, photographs, interval)];
  });
  return Object.fromEntries(estimates);
}

function wilsonEstimate(hits: number, n: number, level: number): Estimate | null {
  const interval = wilsonAt(hits, n, level);
  return interval === null ? null : roundedEstimate([hits / n, ...interval]);
}

function roundedEstimate([share, low, high]: Estimate): Estimate {
  return [rounded(share), rounded(low), rounded(high)];
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}
