/**
 * The classes in checkpoint order: output i of the network is the probability of CLASS_NAMES[i].
 * They name appearance as annotators perceived it, not descent; `Asian` is East Asian.
 */
export const CLASS_NAMES = ['African', 'Asian', 'Caucasian', 'Indian'] as const;

export type ClassName = (typeof CLASS_NAMES)[number];

/** The most probable class; of equal ones the first. */
export function mostProbable(probabilities: ArrayLike<number>): ClassName {
  let best = 0;
  for (let i = 1; i < CLASS_NAMES.length; i++) {
    if (probabilities[i] > probabilities[best]) best = i;
  }
  return CLASS_NAMES[best];
}
