/** The same figures for each group of samples, e.g. of each gender, and the gaps between them. */
import { type Metrics, measure, type Sample } from './metrics.js';

export interface GroupMetrics<C extends string = string> extends Metrics<C> {
  /** Too few samples for figures to be relied on: fewer than 30. */
  readonly small: boolean;
}

/** How far groups lie apart. */
export interface Gap {
  /** Best less worst, 0..1. */
  readonly gap: number;
  readonly best: string;
  readonly worst: string;
}

/** Figures by group, of one kind of groups. */
export interface Grouping<C extends string = string> {
  readonly groups: Readonly<Record<string, GroupMetrics<C>>>;
  /** Over the groups that are not small; null where fewer than two are left. */
  readonly gaps: { readonly accuracy: Gap | null; readonly balancedAccuracy: Gap | null };
}

/** Below this many samples the 95 % interval of an accuracy of 0.8 is wider than 0.28. */
export const SMALL_GROUP = 30;

/** @param groupOf of each sample; those without are left out. Groups come sorted by their name */
export function measureGroups<C extends string>(
  samples: readonly Sample[],
  groupOf: readonly (string | undefined)[],
  classNames: readonly C[],
): Grouping<C> {
  const members = new Map<string, Sample[]>();
  for (const [i, sample] of samples.entries()) {
    const name = groupOf[i];
    if (name === undefined) continue;
    const group = members.get(name);
    if (group === undefined) members.set(name, [sample]);
    else group.push(sample);
  }
  const groups = [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, own]): [string, GroupMetrics<C>] => [
      name,
      { ...measure(own, classNames), small: own.length < SMALL_GROUP },
    ]);
  return {
    groups: Object.fromEntries(groups),
    gaps: {
      accuracy: gapOf(groups, 'accuracy'),
      balancedAccuracy: gapOf(groups, 'balancedAccuracy'),
    },
  };
}

function gapOf(
  groups: readonly [string, GroupMetrics][],
  figure: 'accuracy' | 'balancedAccuracy',
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
