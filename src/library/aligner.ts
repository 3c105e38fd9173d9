import type { Device } from '../runtime/devices.js';
import type { ImageInput, Inputs } from './images.js';
import { Iterations, once } from './iterations.js';
import type { Opened } from './open.js';
import type { AlignerOptions, IterationOptions } from './options.js';
import { alignedPhotograph } from './present.js';
import type { AlignedPhotograph, Failure } from './results.js';

/**
 * Finds faces in photographs and cuts them out, as `facecls align` does.
 *
 * @example
 * ```js
 * import { Aligner } from 'facecls';
 *
 * const aligner = await Aligner.open({ minFaceSize: 60 });
 * for await (const { input, faces, reason } of aligner.align(['photographs/group.jpg'])) {
 *   if (reason !== undefined) console.log(`${input}: ${reason}`);
 *   else for (const { score, box } of faces) console.log(score, box);
 * }
 * await aligner.close();
 * ```
 */
export class Aligner {
  /** Where the networks run. */
  readonly device: Device;
  readonly #iterations: Iterations;

  private constructor({ engine, device }: Opened) {
    this.device = device;
    this.#iterations = new Iterations(engine, 'aligner');
  }

  /**
   * Loads the networks.
   *
   * @throws UserError where an option is wrong, ModelError where a network or device cannot be used
   */
  static async open(options: AlignerOptions = {}): Promise<Aligner> {
    const { openAligning } = await import('./open.js');
    return new Aligner(await openAligning(options));
  }

  /**
   * One result for each photograph, in their order. Photographs are taken ahead of their results.
   *
   * @throws the signal's reason when it comes, UserError where `photographs` are not iterable or the aligner is
   *   closed; a photograph that cannot be used throws nothing
   */
  align<I extends ImageInput>(
    photographs: Inputs<I>,
    options: IterationOptions = {},
  ): AsyncGenerator<AlignedPhotograph<I> | Failure<I>, void, undefined> {
    return this.#iterations.results(photographs, options, alignedPhotograph<I>);
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
 * Finds faces in photographs and cuts them out: an `Aligner` for one use.
 *
 * @example
 * ```js
 * import { align } from 'facecls';
 *
 * for await (const { faces } of align(['photographs/group.jpg'], { faces: 'largest' })) {
 *   console.log(faces?.[0]?.landmarks);
 * }
 * ```
 * @throws what `Aligner.open` and `Aligner.align` throw, when the iteration begins
 */
export function align<I extends ImageInput>(
  photographs: Inputs<I>,
  options: AlignerOptions & IterationOptions = {},
): AsyncGenerator<AlignedPhotograph<I> | Failure<I>, void, undefined> {
  return once(options, Aligner.open, (aligner, iteration) => aligner.align(photographs, iteration));
}
