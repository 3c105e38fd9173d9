/** Aligned faces in, predictions out. */
import type { Classifier } from '../classify/classifier.js';
import { mostProbable } from '../classify/labels.js';
import type { DecodeOptions } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import { type ClassifierSource, openClassifier } from '../models/models.js';
import type { Device } from '../runtime/devices.js';
import { inBatches } from '../workers/ordered.js';
import { atWorkOn } from './at-work.js';
import { BATCH_PIXELS, classifyAll, cropsInRun, type Outcome } from './classify-all.js';
import { type DecodedImage, decoded, pixelsOf } from './decoded.js';
import { type FailedInput, failedInput } from './failed-input.js';
import type { TaskInput } from './input.js';
import { type Task, THREADS } from './task.js';

export interface Prediction {
  readonly kind: 'prediction';
  readonly path: Buffer;
  readonly label: string;
  /** In the order of the classifier's classes; they add up to one. */
  readonly probabilities: Float32Array;
  /** Size of the image, pixels. */
  readonly width: number;
  readonly height: number;
  /** See `DecodedPixels`; of results of earlier runs it is not known. */
  readonly isTwelveBit?: true;
  /** undefined where the pixels were let go. */
  readonly image: RgbImage | undefined;
}

export interface InferOptions extends DecodeOptions {
  /** Images in one run of the network, at most. */
  readonly batchSize: number;
}

export interface InferSetup {
  readonly device: Device;
  readonly classifier: ClassifierSource;
  readonly options: InferOptions;
}

export const inferTask: Task<InferSetup, Prediction> = async (setup) => {
  const { device, classifier: source, options } = setup;
  const session = { threads: THREADS, device };
  const classifier = await openClassifier(source, session, cropsInRun(options.batchSize));
  return {
    process: (inputs) => predict(inputs, classifier, source.classNames, options),
    release: () => classifier.release(),
  };
};

/** One result for each input, in their order. */
async function* predict(
  inputs: AsyncIterable<TaskInput>,
  classifier: Classifier,
  classNames: readonly string[],
  options: InferOptions,
): AsyncGenerator<Prediction | FailedInput> {
  const limits = { items: options.batchSize, cost: BATCH_PIXELS };
  for await (const batch of inBatches(decoded(inputs, options), limits, pixelsOf)) {
    const images = batch.flatMap((input) => (input.kind === 'decoded' ? [input.image] : []));
    const outcomes = await atWorkOn(batch, () =>
      classifyAll(classifier, images, options.batchSize),
    );
    const eachOutcome = outcomes.values();
    for (const input of batch) {
      yield input.kind === 'failed'
        ? input
        : predictionFor(input, eachOutcome.next().value!, classNames);
    }
  }
}

function predictionFor(
  { path, image }: DecodedImage,
  outcome: Outcome,
  classNames: readonly string[],
): Prediction | FailedInput {
  if (outcome.kind === 'refused') return failedInput(path, outcome.reason);
  const { probabilities } = outcome;
  const label = mostProbable(probabilities, classNames);
  const { width, height, isTwelveBit } = image;
  const odd = isTwelveBit && { isTwelveBit };
  return { kind: 'prediction', path, label, probabilities, width, height, image, ...odd };
}
