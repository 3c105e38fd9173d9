import type { Device } from '../runtime/devices.js';
import type { ImageInput, Inputs } from './images.js';
import { Iterations, once } from './iterations.js';
import type { OpenedClassifier } from './open.js';
import type { ClassifierOptions, IterationOptions } from './options.js';
import { classifiedImage } from './present.js';
import type { ClassifiedImage, Failure, ModelFile } from './results.js';

/**
 * Labels aligned faces with one of four perceived groups, as `facecls infer` does.
 *
 * @example
 * ```js
 * import { Classifier } from 'facecls';
 *
 * const classifier = await Classifier.open();
 * console.log(classifier.model.path, classifier.classNames);
 * for await (const { input, label, probabilities } of classifier.classify(['faces/0.jpg'])) {
 *   console.log(input, label, probabilities);
 * }
 * await classifier.close();
 * ```
 */
export class Classifier {
  /** Where the network runs. */
  readonly device: Device;
  /** The file that was taken. */
  readonly model: ModelFile;
  /** Names of its classes, in the order of the probabilities. */
  readonly classNames: readonly string[];
  readonly #iterations: Iterations;

  private constructor({ engine, device, model, classNames }: OpenedClassifier) {
    this.device = device;
    this.model = model;
    this.classNames = classNames;
    this.#iterations = new Iterations(engine, 'classifier');
  }

  /**
   * Loads the network, and converts it where it is a checkpoint.
   *
   * @throws UserError where an option is wrong or names no file, ModelError where a model or device cannot be used
   */
  static async open(options: ClassifierOptions = {}): Promise<Classifier> {
    const { openClassifying } = await import('./open.js');
    return new Classifier(await openClassifying(options));
  }

  /**
   * One result for each face, in their order. Faces are taken ahead of their results, to fill a batch.
   *
   * @param faces crops as `Aligner` makes them, 112 x 112; other sizes are accepted
   * @throws the signal's reason when it comes, UserError where `faces` are not iterable or the classifier is
   *   closed; an image that cannot be used throws nothing
   */
  classify<I extends ImageInput>(
    faces: Inputs<I>,
    options: IterationOptions = {},
  ): AsyncGenerator<ClassifiedImage<I> | Failure<I>, void, undefined> {
    return this.#iterations.results(faces, options, classifiedImage<I>);
  }

  /** Stops what is under way and lets go of network and workers. */
  close(): Promise<void> {
    return this.#iterations.close();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Labels aligned faces: a `Classifier` for one use.
 *
 * @example
 * ```js
 * import { classify } from 'facecls';
 *
 * for await (const { input, label } of classify(['faces/0.jpg', 'faces/1.jpg'])) {
 *   console.log(input, label);
 * }
 * ```
 * @throws what `Classifier.open` and `Classifier.classify` throw, when the iteration begins
 */
export function classify<I extends ImageInput>(
  faces: Inputs<I>,
  options: ClassifierOptions & IterationOptions = {},
): AsyncGenerator<ClassifiedImage<I> | Failure<I>, void, undefined> {
  return once(options, Classifier.open, (classifier, iteration) =>
    classifier.classify(faces, iteration),
  );
}
