/** Aligned faces in, predictions out. */
import type { Classifier } from '../classify/classifier.js';
import { mostProbable } from '../classify/labels.js';
import type { DecodeOptions } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import { shrink } from '../image/shrink.js';
import { inBatches } from '../workers/ordered.js';
import { BATCH_PIXELS, classifyAll, type Outcome } from './classify-all.js';
import { type DecodedFile, decoded, pixelsOf } from './decoded.js';
import { finishedPrediction, type Input } from './entry.js';
import type { FailedInput } from './failed-input.js';

export interface Prediction {
  readonly path: Buffer;
  readonly label: string;
  /** In the order of the classifier's classes; they add up to one. */
  readonly probabilities: Float32Array;
  /** Size of the image, pixels. */
  readonly width: number;
  readonly height: number;
  /** Where pixels are kept, the image, shrunk to the size that is wanted. */
  readonly image: RgbImage | undefined;
}

export interface InferOptions extends DecodeOptions {
  /** Images in one run of the network, at most. */
  readonly batchSize: number;
  /** Longest side of the images that predictions hold, pixels; undefined where they hold none. */
  readonly keptSide: number | undefined;
}

/** One result for each input, in their order; to one that is finished nothing but its image is added. */
export async function* infer(
  files: AsyncIterable<Input>,
  classifier: Classifier,
  options: InferOptions,
): AsyncGenerator<Prediction | FailedInput> {
  const limits = { items: options.batchSize, cost: BATCH_PIXELS };
  for await (const batch of inBatches(decoded(files, options), limits, pixelsOf)) {
    const unclassified = batch.filter(
      (input): input is DecodedFile => 'image' in input && !('entry' in input.file),
    );
    const outcomes = await classifyAll(
      classifier,
      unclassified.map(({ image }) => image),
      options.batchSize,
    );
    const nextOutcome = outcomes.values();
    for (const input of batch) {
      if ('reason' in input) {
        yield input;
        continue;
      }
      const { file, image } = input;
      const prediction =
        'entry' in file
          ? finishedPrediction(file, classifier.classNames)
          : predictionFor(input, nextOutcome.next().value!, classifier.classNames);
      const isWanted = options.keptSide !== undefined && !('reason' in prediction);
      yield isWanted ? { ...prediction, image: await shrink(image, options.keptSide) } : prediction;
    }
  }
}

function predictionFor(
  { file: { path }, image: { width, height } }: DecodedFile,
  outcome: Outcome,
  classNames: readonly string[],
): Prediction | FailedInput {
  if ('reason' in outcome) return { path, reason: outcome.reason };
  return {
    path,
    label: mostProbable(outcome, classNames),
    probabilities: outcome,
    width,
    height,
    image: undefined,
  };
}
