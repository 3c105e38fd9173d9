/**
 * The identity rule of "How to Boost Face Recognition with StyleGAN?" (Sevastopolskiy et al., ICCV
 * 2023), with which its sets were sorted: an identity is of a class if and only if at least 80 % of at
 * most 20 of its images, drawn at random, were predicted to be of it.
 */
import type { Identity } from './draw.js';

/** An exact number: 0.8 times 15 is 12, where floating point has 12.000000000000002. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface Rule<C extends string = string> {
  /** Above 1/2, since otherwise two classes could qualify, to 1. */
  readonly threshold: Fraction;
  /** An identity with fewer images stays undecided; from 1. */
  readonly minImages: number;
  readonly classNames: readonly C[];
}

/** How large a decided identity's share is, surest first; the middle is half way from threshold to 1. */
export const BANDS = ['all', 'upper', 'lower'] as const;

export type Band = (typeof BANDS)[number];

export type UndecidedReason = 'below_threshold' | 'too_few_images';

export type Verdict<C extends string = string> =
  | { readonly kind: 'decided'; readonly label: C; readonly band: Band }
  | {
      readonly kind: 'undecided';
      readonly reason: UndecidedReason;
      /** The class most images were predicted to be of; absent where several have as many. */
      readonly leading?: C;
    };

/** What `parseThreshold` takes, for messages. */
export const THRESHOLDS = 'a decimal number above 0.5, where no two classes can qualify, to 1';

/** A decimal number above 0.5, to 1, as it is written; undefined for any other text. */
export function parseThreshold(text: string): Fraction | undefined {
  const match = /^(?:([01])?\.(\d+)|([01])\.?)$/.exec(text.trim());
  if (match === null) return undefined;
  const digits = match[2] ?? '';
  const numerator = BigInt((match[1] ?? match[3] ?? '') + digits);
  const denominator = 10n ** BigInt(digits.length);
  const isThreshold = 2n * numerator > denominator && numerator <= denominator;
  return isThreshold ? { numerator, denominator } : undefined;
}

/** Whether `count` of `total` is at least `share`. */
export function reaches(count: number, total: number, share: Fraction): boolean {
  return BigInt(count) * share.denominator >= BigInt(total) * share.numerator;
}

/** The number half way from `share` to 1. */
export function halfWayToOne({ numerator, denominator }: Fraction): Fraction {
  return { numerator: numerator + denominator, denominator: 2n * denominator };
}

/** What an identity is, by its drawn images. */
export function decide<C extends string>(
  { images, drawn, counts }: Identity,
  rule: Rule<C>,
): Verdict<C> {
  const { threshold, minImages, classNames } = rule;
  const most = Math.max(...counts);
  const label = classNames[counts.indexOf(most)];
  if (images >= minImages && reaches(most, drawn, threshold)) {
    const isUpper = reaches(most, drawn, halfWayToOne(threshold));
    return { kind: 'decided', label, band: most === drawn ? 'all' : isUpper ? 'upper' : 'lower' };
  }
  const reason = images < minImages ? 'too_few_images' : 'below_threshold';
  const isTie = counts.indexOf(most) !== counts.lastIndexOf(most);
  return { kind: 'undecided', reason, ...(isTie ? {} : { leading: label }) };
}
