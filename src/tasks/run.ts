/** Photographs in, predictions out: align and infer in one pass, with no JPEG in between. */
import { alignFace } from '../align/crop.js';
import type { Classifier } from '../classify/classifier.js';
import { mostProbable } from '../classify/labels.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import { ModelError } from '../files/errors.js';
import type { RgbImage } from '../image/image.js';
import { openDetector } from '../models/detectors.js';
import { type ClassifierSource, openClassifier } from '../models/models.js';
import { inBatches } from '../workers/ordered.js';
import { type AlignOptions, type AlignSetup, findFaces, untilAborted } from './align.js';
import { atWorkOn } from './at-work.js';
import { classifyAll, cropsInRun, type Outcome } from './classify-all.js';
import { type FailedInput, failedInput } from './failed-input.js';
import type { AlignedFace, ClassifiedFace, Photograph } from './photograph.js';
import { PHOTOGRAPHS_TOGETHER, type Task, THREADS } from './task.js';

export interface RunOptions extends AlignOptions {
  /** Faces in one run of the classifier, at most. */
  readonly batchSize: number;
}

export interface RunSetup extends AlignSetup {
  readonly classifier: ClassifierSource;
  readonly options: RunOptions;
}

/** A face on its way to the classifier. */
interface UnlabelledFace extends AlignedFace {
  /** Of the classifier's size, cut from the photograph: labels must not depend on the size of what is saved. */
  readonly classifierCrop: RgbImage;
}

/** Runs of the classifier that wait for each other: only the last one has to be filled up with a face repeated. */
const RUNS_TOGETHER = 8;

export const runTask: Task<RunSetup, Photograph<ClassifiedFace>> = async (setup) => {
  const { device, detector: detectorSource, classifier: source, options } = setup;
  const session = { threads: THREADS, device };
  const { batchSize } = options;
  const detector = await openDetector(detectorSource, session);
  const classifier = await openClassifier(source, session, cropsInRun(batchSize));
  const limits = { items: PHOTOGRAPHS_TOGETHER, cost: RUNS_TOGETHER * batchSize };
  const side = cropSide(classifier, source);
  const forClassifier = (face: AlignedFace, photograph: RgbImage): UnlabelledFace => ({
    ...face,
    classifierCrop:
      side === options.cropSize ? face.crop! : alignFace(photograph, face.landmarks, side)!.image,
  });
  return {
    async *process(inputs, signal) {
      const watched = untilAborted(detector, signal);
      const found = findFaces(inputs, watched, options, forClassifier);
      for await (const batch of inBatches(found, limits, facesIn)) {
        const crops = batch.flatMap((result) =>
          result.kind === 'photograph'
            ? result.faces.map(({ classifierCrop }) => classifierCrop)
            : [],
        );
        const outcomes = await atWorkOn(batch, () => classifyAll(classifier, crops, batchSize));
        const eachOutcome = outcomes.values();
        for (const result of batch) {
          yield result.kind === 'photograph'
            ? withPredictions(result, eachOutcome, source.classNames)
            : result;
        }
      }
    },
    async release() {
      await detector.release();
      await classifier.release();
    },
  };
};

/** Side of the crops that the classifier takes, pixels. @throws ModelError where it takes no squares */
function cropSide({ imageSize }: Classifier, { model }: ClassifierSource): number {
  const { width, height } = imageSize ?? { width: CROP_SIZE, height: CROP_SIZE };
  if (width === height) return width;
  throw new ModelError(
    `${model.path}: takes images of ${width}x${height}, and faces are cut out as squares; give a model of square images`,
  );
}

function facesIn(result: Photograph | FailedInput): number {
  return result.kind === 'photograph' ? result.faces.length : 0;
}

/** Takes one outcome for each face of the photograph; a face that cannot be classified fails the photograph. */
function withPredictions(
  photograph: Photograph<UnlabelledFace>,
  outcomes: Iterator<Outcome>,
  classNames: readonly string[],
): Photograph<ClassifiedFace> | FailedInput {
  const faces: ClassifiedFace[] = [];
  let reason: string | undefined;
  for (const { classifierCrop: _, ...face } of photograph.faces) {
    const outcome: Outcome = outcomes.next().value;
    if (outcome.kind === 'refused') {
      reason ??= `face ${face.index} ${outcome.reason}`;
      continue;
    }
    const { probabilities } = outcome;
    faces.push({ ...face, label: mostProbable(probabilities, classNames), probabilities });
  }
  return reason === undefined ? { ...photograph, faces } : failedInput(photograph.path, reason);
}
