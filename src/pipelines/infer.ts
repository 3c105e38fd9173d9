/** Aligned faces in, predictions out. */
import type { Classifier } from '../classify/classifier.js';
import { type ClassName, mostProbable } from '../classify/labels.js';
import type { DecodeOptions } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import type { ImageFile, UnreadableFolder } from '../image/listing.js';
import { shrink } from '../image/shrink.js';
import { BATCH_PIXELS, classifyAll, type Outcome } from './classify-all.js';
import { type DecodedFile, decoded, type FailedInput, pixelsOf } from './decoded.js';
import { inBatches } from './ordered.js';

export interface Prediction {
  readonly path: Buffer;
  readonly label: ClassName;
  /** In the order of CLASS_NAMES; they add up to one. */
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

/** One result for each input, in their order. */
export async function* infer(
  files: AsyncIterable<ImageFile | UnreadableFolder>,
  classifier: Classifier,
  options: InferOptions,
): AsyncGenerator<Prediction | FailedInput> {
  const limits = { items: options.batchSize, cost: BATCH_PIXELS };
  for await (const batch of inBatches(decoded<never>(files, options), limits, pixelsOf)) {
    const readable = batch.filter((input): input is DecodedFile => 'image' in input);
    const outcomes = await classifyAll(
      classifier,
      readable.map(({ image }) => image),
      options.batchSize,
    );
    const nextOutcome = outcomes.values();
    for (const input of batch) {
      yield 'image' in input
        ? await predictionFor(input, nextOutcome.next().value!, options.keptSide)
        : input;
    }
  }
}

async function predictionFor(
  { file: { path }, image }: DecodedFile,
  outcome: Outcome,
  keptSide: number | undefined,
): Promise<Prediction | FailedInput> {
  if ('reason' in outcome) return { path, reason: outcome.reason };
  return {
    path,
    label: mostProbable(outcome),
    probabilities: outcome,
    width: image.width,
    height: image.height,
    image: keptSide === undefined ? undefined : await shrink(image, keptSide),
  };
}
