import type { Device } from '../runtime/devices.js';
import type { ImageInput, Inputs } from './images.js';
import { Iterations, once } from './iterations.js';
import type { OpenedClassifier } from './open.js';
import type { AnalyzerOptions, IterationOptions } from './options.js';
import { analyzedPhotograph } from './present.js';
import type { AnalyzedPhotograph, Failure, ModelFile } from './results.js';

/**
 * Finds faces in photographs, cuts them out and labels them in one pass, as `facecls run` does.
 *
 * @example
 * ```js
 * import { Analyzer } from 'facecls';
 *
 * const analyzer = await Analyzer.open({ workers: 2 });
 * for await (const { input, faces = [] } of analyzer.analyze(['photographs/group.jpg'])) {
 *   for (const { index, label } of faces) console.log(`${input}#${index} ${label}`);
 * }
 * await analyzer.close();
 * ```
 */
export class Analyzer {
  /** Where the networks run. */
  readonly device: Device;
  /** The classifier's file that was taken. */
  readonly model: ModelFile;
  /** Names of the classifier's classes, in the order of the probabilities. */
  readonly classNames: readonly string[];
  readonly #iterations: Iterations;

  private constructor({ engine, device, model, classNames }: OpenedClassifier) {
    this.device = device;
    this.model = model;
    this.classNames = classNames;
    this.#iterations = new Iterations(engine, 'analyzer');
  }

  /**
   * Loads the networks, and converts the classifier where it is a checkpoint.
   *
   * @throws UserError where an option is wrong or names no file, ModelError where a model or device cannot be used
   */
  static async open(options: AnalyzerOptions = {}): Promise<Analyzer> {
    const { openAnalyzing } = await import('./open.js');
    return new Analyzer(await openAnalyzing(options));
  }

  /**
   * One result for each photograph, in their order. Photographs are taken ahead of their results.
   *
   * @throws the signal's reason when it comes, UserError where `photographs` are not iterable or the analyzer is
   *   closed; a photograph that cannot be used throws nothing
   */
  analyze<I extends ImageInput>(
    photographs: Inputs<I>,
    options: IterationOptions = {},
  ): AsyncGenerator<AnalyzedPhotograph<I> | Failure<I>, void, undefined> {
    return this.#iterations.results(photographs, options, analyzedPhotograph<I>);
  }

  /** Stops what is under way and lets go of networks and workers. */
  close(): Promise<void> {
    return this.#iterations.close();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Finds, cuts out and labels the faces of photographs: an `Analyzer` for one use.
 *
 * @example
 * ```js
 * import { analyze } from 'facecls';
 *
 * for await (const { input, faces = [] } of analyze(['photographs/group.jpg'])) {
 *   console.log(input, faces.map(({ label }) => label));
 * }
 * ```
 * @throws what `Analyzer.open` and `Analyzer.analyze` throw, when the iteration begins
 */
export function analyze<I extends ImageInput>(
  photographs: Inputs<I>,
  options: AnalyzerOptions & IterationOptions = {},
): AsyncGenerator<AnalyzedPhotograph<I> | Failure<I>, void, undefined> {
  return once(options, Analyzer.open, (analyzer, iteration) =>
    analyzer.analyze(photographs, iteration),
  );
}
