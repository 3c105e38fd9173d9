import * as figures from '../analysis/evaluate/evaluation.js';
import type { Sample } from '../analysis/evaluate/metrics.js';
import type { ClassName } from '../classify/labels.js';
import { invalidOption } from '../files/errors.js';
import { checkIterable, checkNoOther, checkObject, isFraction, oneOf } from './checks.js';
import { classNamesSetting } from './class-names.js';

/** A face whose true class is known, and what was predicted, as in results of `classify` and `analyze`. */
export interface EvaluationSample {
  /** One of `classNames`. */
  readonly truth: string;
  /** The predicted class, one of `classNames`. */
  readonly label: string;
  /** In the order of `classNames`. Calibration is given where all samples have them. */
  readonly probabilities?: ArrayLike<number> | undefined;
  /**
   * Figures are also given for each group: `{ gender: 'Female', age: '20-29' }` puts the face into one group of
   * each of two kinds. A face that lacks a kind is left out of its groups.
   */
  readonly groups?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options of `evaluate`. */
export interface EvaluationOptions<C extends string = ClassName> {
  /** The classes that labels and truths can be; those of the bundled model (`CLASS_NAMES`) by default. */
  readonly classNames?: readonly C[] | undefined;
}

/**
 * How good predictions are, as `facecls evaluate` computes it: accuracy with its interval, figures of each class,
 * confusion, calibration, and the same for each group. What is not defined (0/0) is null. Of a sample only its figures
 * are kept in memory.
 *
 * @example
 * ```js
 * import { classify, evaluate } from 'facecls';
 *
 * const truths = new Map([['faces/0.jpg', 'Asian'], ['faces/1.jpg', 'Indian']]);
 * async function* samples() {
 *   for await (const { input, label, probabilities, reason } of classify(truths.keys())) {
 *     if (reason === undefined) yield { truth: truths.get(input), label, probabilities };
 *   }
 * }
 * const { accuracy, accuracyInterval, classes } = await evaluate(samples());
 * console.log(accuracy, accuracyInterval, classes.Asian.recall);
 * ```
 * @throws UserError where an option or a sample is not as described
 */
export async function evaluate<C extends string = ClassName>(
  samples: Iterable<EvaluationSample> | AsyncIterable<EvaluationSample>,
  options: EvaluationOptions<C> = {},
): Promise<figures.Evaluation<C>> {
  checkObject('options', options);
  const { classNames: given, ...others } = options;
  checkNoOther(others, 'classNames');
  const classNames = classNamesSetting(given);
  checkIterable('samples', samples);
  const held: Sample[] = [];
  const groups = new Map<string, string[]>();
  for await (const sample of samples) {
    const name = `samples[${held.length}]`;
    checkObject(name, sample);
    for (const [kind, group] of groupsOf(name, sample)) {
      const groupOf = groups.get(kind) ?? [];
      groupOf[held.length] = group;
      groups.set(kind, groupOf);
    }
    held.push(heldSample(name, sample, classNames));
  }
  return figures.evaluate(held, groups, classNames);
}

function heldSample(
  name: string,
  { truth, label, probabilities }: EvaluationSample,
  classNames: readonly string[],
): Sample {
  const indexOf = (property: string, value: string) =>
    classNames.indexOf(oneOf(`${name}.${property}`, value, classNames));
  const classes = { truth: indexOf('truth', truth), predicted: indexOf('label', label) };
  if (probabilities === undefined) return classes;
  const values = Array.from(probabilities ?? []);
  if (values.length === classNames.length && values.every(isFraction)) {
    return { ...classes, confidence: values[classes.predicted] };
  }
  const expected = `${classNames.length} numbers from 0 to 1, in the order of classNames`;
  throw invalidOption(`${name}.probabilities`, expected, values);
}

function groupsOf(name: string, { groups = {} }: EvaluationSample): [string, string][] {
  checkObject(`${name}.groups`, groups);
  return Object.entries(groups).flatMap(([kind, group]): [string, string][] => {
    if (group === undefined) return [];
    if (typeof group === 'string') return [[kind, group]];
    throw invalidOption(`${name}.groups.${kind}`, 'text', group);
  });
}
