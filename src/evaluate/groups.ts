/** The same figures for each group of samples, e.g. of each gender, and how far groups lie apart. */
import { type Metrics, measure, type Sample } from './metrics.js';

export interface GroupMetrics extends Metrics {
  /** Too few samples for figures to be relied on. */
  readonly small: boolean;
}

export interface Gap {
  /** Best less worst, 0..1. */
  readonly gap: number;
  readonly best: string;
  readonly worst: string;
}

/** Figures by the values of one column. */
export interface Grouping {
  readonly groups: Readonly<Record<string, GroupMetrics>>;
  /** Over the groups that are not small; null where fewer than two are left. */
  readonly gaps: { readonly accuracy: Gap | null; readonly balanced_accuracy: Gap | null };
}

/** Below this many samples the 95 % interval of an accuracy of 0.8 is wider than 0.28. */
export const SMALL_GROUP = 30;

/** @param groupOf the group of samples[i], in samples' order; groups come sorted by their name */
export function measureGroups(
  samples: readonly Sample[],
  groupOf: readonly string[],
  classNames: readonly string[],
): Grouping {
  const members = new Map<string, Sample[]>();
  for (const [i, sample] of samples.entries()) {
    const group = members.get(groupOf[i]);
    if (group === undefined) members.set(groupOf[i], [sample]);
    else group.push(sample);
  }
  const groups = [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, own]): [string, GroupMetrics] => [
      name,
      { ...measure(own, classNames), small: own.length < SMALL_GROUP },
    ]);
  return {
    groups: Object.fromEntries(groups),
    gaps: {
      accuracy: gapOf(groups, 'accuracy'),
      balanced_accuracy: gapOf(groups, 'balanced_accuracy'),
    },
  };
}

function gapOf(
  groups: readonly [string, GroupMetrics][],
  figure: 'accuracy' | 'balanced_accuracy',
): Gap | null {
  const ranked = groups
    .filter(([, { small }]) => !small)
    .map(([name, metrics]) => ({ name, value: metrics[figure] ?? 0 }))
    .sort((a, b) => b.value - a.value);
  if (ranked.length < 2) return null;
  const best = ranked[0];
  const worst = ranked[ranked.length - 1];
  return { gap: best.value - worst.value, best: best.name, worst: worst.name };
}
