import type { Identity } from '../analysis/consensus/draw.js';
import {
  type LabelledImage,
  sortedIdentities,
  UnsortedError,
  unsortedIdentities,
} from '../analysis/consensus/identities.js';
import { decide, type Verdict } from '../analysis/consensus/rule.js';
import type { ClassName } from '../classify/labels.js';
import { invalidOption, UserError } from '../files/errors.js';
import { isFurtherFace } from '../inputs/face-name.js';
import { checkIterable, checkObject, oneOf } from './checks.js';
import { classNamesSetting } from './class-names.js';
import type { DecidedIdentity, UndecidedIdentity } from './results.js';

/** An image with its predicted class. */
export interface PredictedImage {
  /**
   * Text or bytes; its folder is the identity. Of a photograph only the main face counts: names of further faces
   * (`x.jpg#1`) and of their crops (`x.jpg_1.jpg`) are passed over.
   */
  readonly path: string | Uint8Array;
  /** One of `classNames`. */
  readonly label: string;
}

/** Options of `decideIdentities`. */
export interface IdentityOptions<C extends string = ClassName> {
  /** The classes that labels can be; those of the bundled model (`CLASS_NAMES`) by default. */
  readonly classNames?: readonly C[] | undefined;
  /** Share of the drawn images that has to be of a class, above 0.5; 0.8 by default, taken as a decimal number. */
  readonly threshold?: number | undefined;
  /** Images of an identity to draw at most; 20 by default. */
  readonly maxPerIdentity?: number | undefined;
  /** Another seed draws other images; 0 by default. */
  readonly seed?: number | undefined;
  /** Identities with fewer images are left undecided; 1 by default. */
  readonly minImages?: number | undefined;
  /**
   * Whether predictions come sorted by path, as those for `walkImages` do (the default). False takes any order and
   * gives the same, after the last prediction, with the names of all images in memory.
   */
  readonly sorted?: boolean | undefined;
}

/**
 * The class of each identity (a folder of images of one person), by the rule of `facecls consensus`: that of at
 * least 80 % of at most 20 of its images, drawn at random.
 *
 * @example
 * ```js
 * import { decideIdentities } from 'facecls';
 *
 * const predictions = [
 *   { path: 'people/ann/1.jpg', label: 'Asian' },
 *   { path: 'people/ann/2.jpg', label: 'Asian' },
 *   { path: 'people/bob/1.jpg', label: 'Indian' },
 * ];
 * for await (const { name, label, reason } of decideIdentities(predictions)) {
 *   console.log(`${name}: ${label ?? reason}`);
 * }
 * ```
 * @throws UserError where an option or a prediction is not as described, an image has two labels, or predictions
 *   are not sorted, when an identity that was given may have lacked images
 */
export async function* decideIdentities<C extends string = ClassName>(
  predictions: Iterable<PredictedImage> | AsyncIterable<PredictedImage>,
  options: IdentityOptions<C> = {},
): AsyncGenerator<DecidedIdentity<C> | UndecidedIdentity<C>, void, undefined> {
  checkIterable('predictions', predictions);
  checkObject('options', options);
  const { librarySettings } = await import('../options/settle.js');
  const { classNames: given, ...others } = options;
  const classNames = classNamesSetting(given);
  const settings = librarySettings('decideIdentities', others);
  const draw = { maxPerIdentity: settings.max_per_identity, seed: settings.seed };
  const rule = { threshold: settings.threshold, minImages: settings.min_images };
  const { sorted } = settings;
  const identitiesOf = sorted ? sortedIdentities : unsortedIdentities;
  try {
    for await (const identity of identitiesOf(mainFaces(predictions, classNames), {
      ...draw,
      classNames,
    })) {
      yield presented(identity, decide(identity, { ...rule, classNames }));
    }
  } catch (error) {
    if (!(error instanceof UnsortedError)) throw error;
    throw new UserError(
      `predictions: not sorted by path (${error.message}); sort them, or set sorted to false, which holds the names of all in memory`,
    );
  }
}

async function* mainFaces(
  predictions: Iterable<PredictedImage> | AsyncIterable<PredictedImage>,
  classNames: readonly string[],
): AsyncGenerator<readonly LabelledImage[]> {
  let position = 0;
  for await (const prediction of predictions) {
    const image = labelledImage(`predictions[${position}]`, prediction, classNames);
    if (!isFurtherFace(image.path)) yield [image];
    position += 1;
  }
}

function labelledImage(
  name: string,
  prediction: PredictedImage,
  classNames: readonly string[],
): LabelledImage {
  checkObject(name, prediction);
  const { path, label } = prediction;
  oneOf(`${name}.label`, label, classNames);
  const isPath = typeof path === 'string' || path instanceof Uint8Array;
  if (!isPath || path.length === 0) {
    throw invalidOption(`${name}.path`, 'a path of text or bytes', path);
  }
  // A copy, as images are held on to until their identity is complete.
  return { path: Buffer.from(path), label };
}

function presented<C extends string>(
  identity: Identity,
  verdict: Verdict<C>,
): DecidedIdentity<C> | UndecidedIdentity<C> {
  if (verdict.kind === 'decided') return { ...identity, label: verdict.label };
  return { ...identity, reason: verdict.reason, leading: verdict.leading };
}
