/**
 * The classes in checkpoint order: output i of the network is the probability of CLASS_NAMES[i].
 * They name appearance as annotators perceived it, not descent; `Asian` is East Asian.
 */
export const CLASS_NAMES = ['African', 'Asian', 'Caucasian', 'Indian'] as const;

export type ClassName = (typeof CLASS_NAMES)[number];

/** The name of the most probable class; of equal ones the first. */
export function mostProbable<C extends string>(
  probabilities: ArrayLike<number>,
  classNames: readonly C[],
): C {
  let best = 0;
  for (let i = 1; i < classNames.length; i++) {
    if (probabilities[i] > probabilities[best]) best = i;
  }
  return classNames[best];
}
