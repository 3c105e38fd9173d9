/** Photographs in, predictions out: align and infer in one pass, with no JPEG in between. */
import type { Classifier } from '../classify/classifier.js';
import { mostProbable } from '../classify/labels.js';
import type { FaceDetector } from '../detect/detector.js';
import type { ImageFile } from '../inputs/folder.js';
import { CLASSIFIED_PHOTOGRAPHS_A_GROUP } from '../options/ranges.js';
import { inBatches } from '../workers/ordered.js';
import { type AlignedFace, type AlignedPhotograph, type AlignOptions, align } from './align.js';
import { classifyAll, type Outcome } from './classify-all.js';
import { classOf, type Input } from './entry.js';
import type { FailedInput } from './failed-input.js';

export interface ClassifiedFace extends AlignedFace {
  readonly label: string;
  /** In the order of the classifier's classes; they add up to one. */
  readonly probabilities: Float32Array;
}

export interface ClassifiedPhotograph {
  readonly file: ImageFile;
  readonly faces: readonly ClassifiedFace[];
}

export interface RunOptions extends AlignOptions {
  /** Faces in one run of the classifier, at most. */
  readonly batchSize: number;
}

/** Runs of the classifier that wait for each other: only the last one has to be filled up with a face repeated. */
const RUNS_TOGETHER = 8;

/** One result for each input, in their order; those that are finished only have their faces cut out again. */
export async function* run(
  files: AsyncIterable<Input>,
  detector: FaceDetector,
  classifier: Classifier,
  options: RunOptions,
): AsyncGenerator<ClassifiedPhotograph | FailedInput> {
  const limits = { items: CLASSIFIED_PHOTOGRAPHS_A_GROUP, cost: RUNS_TOGETHER * options.batchSize };
  for await (const batch of inBatches(align(files, detector, options), limits, facesIn)) {
    const crops = batch.flatMap((input) =>
      'faces' in input && !('entry' in input.file) ? input.faces.map(({ crop }) => crop) : [],
    );
    const outcomes = await classifyAll(classifier, crops, options.batchSize);
    const nextOutcome = outcomes.values();
    for (const input of batch) {
      yield 'faces' in input ? withPredictions(input, nextOutcome, classifier.classNames) : input;
    }
  }
}

function facesIn(input: AlignedPhotograph | FailedInput): number {
  return 'faces' in input ? input.faces.length : 0;
}

/** Takes one outcome for each face of the photograph; a face that cannot be classified fails the photograph. */
function withPredictions(
  { file, faces }: AlignedPhotograph,
  outcomes: Iterator<Outcome>,
  classNames: readonly string[],
): ClassifiedPhotograph | FailedInput {
  if ('entry' in file && 'faces' in file.entry) {
    const kept = file.entry.faces;
    return {
      file,
      faces: faces.map((face) => ({ ...face, ...classOf(kept[face.index], classNames) })),
    };
  }
  const classified: ClassifiedFace[] = [];
  let reason: string | undefined;
  for (const face of faces) {
    const outcome = outcomes.next().value;
    if ('reason' in outcome) reason ??= `face ${face.index} ${outcome.reason}`;
    else
      classified.push({
        ...face,
        label: mostProbable(outcome, classNames),
        probabilities: outcome,
      });
  }
  return reason === undefined ? { file, faces: classified } : { path: file.path, reason };
}
