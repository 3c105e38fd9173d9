/** All figures of labelled samples. */
import { type ConfidenceBand, confusionByConfidence } from './confusion-by-confidence.js';
import { type Grouping, measureGroups } from './groups.js';
import { type Metrics, measure, type Sample } from './metrics.js';

/** Figures over all samples, and over each group of them. */
export interface Evaluation<C extends string = string> extends Metrics<C> {
  /** The confusion by confidence; null where a sample has none. */
  readonly confusionByConfidence: readonly ConfidenceBand[] | null;
  /** By kind of group (a column of labels), and then by group. */
  readonly groups: Readonly<Record<string, Grouping<C>>>;
}

/** @param groups by kind the group of each sample; undefined where it has none */
export function evaluate<C extends string>(
  samples: readonly Sample[],
  groups: ReadonlyMap<string, readonly (string | undefined)[]>,
  classNames: readonly C[],
): Evaluation<C> {
  const groupings = [...groups].map(([kind, groupOf]): [string, Grouping<C>] => [
    kind,
    measureGroups(samples, groupOf, classNames),
  ]);
  return {
    ...measure(samples, classNames),
    confusionByConfidence: confusionByConfidence(samples, classNames.length),
    groups: Object.fromEntries(groupings),
  };
}
