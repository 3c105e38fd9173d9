/**
 * What of a task is known without what does it: the process that hands out the work reads and keeps results, and
 * loads neither a decoder nor a detector.
 */
import { mostProbable } from '../classify/labels.js';
import type { AlignSetup } from './align.js';
import type { Entry, FaceEntry } from './entry.js';
import { type FailedInput, failedInput } from './failed-input.js';
import type { FinishedInput } from './finished-input.js';
import type { InferSetup, Prediction } from './infer.js';
import type { AlignedFace, ClassifiedFace, Photograph } from './photograph.js';
import type { RunSetup } from './run.js';
import { PHOTOGRAPHS_TOGETHER } from './task.js';

export interface Outline<Setup, Result> {
  /** Inputs that a worker gets at once. */
  groupSize(setup: Setup): number;
  /** What the journal keeps of a result: all but pixels. */
  toEntry(result: Result): Entry;
  /**
   * The result that was kept, without pixels.
   *
   * @throws Error where the entry is that of another task
   */
  fromEntry(input: FinishedInput, setup: Setup): Result | FailedInput;
}

const align: Outline<AlignSetup, Photograph> = {
  groupSize: () => 1,

  toEntry: ({ faces }) => ({ kind: 'photograph', faces: faces.map(faceEntry) }),

  fromEntry: (input) => photographFrom(input, alignedFace),
};

const infer: Outline<InferSetup, Prediction> = {
  groupSize: ({ options }) => options.batchSize,

  toEntry: ({ kind, probabilities, width, height }) => ({
    kind,
    probabilities: Array.from(probabilities),
    width,
    height,
  }),

  fromEntry({ path, entry }, { classifier }) {
    if (entry.kind === 'failed') return failedInput(path, entry.reason, entry.mayPass);
    if (entry.kind !== 'prediction') {
      throw new Error(`expected a prediction in the journal, found a ${entry.kind}`);
    }
    const { kind, width, height } = entry;
    const probabilities = Float32Array.from(entry.probabilities);
    const label = mostProbable(probabilities, classifier.classNames);
    return { kind, path, label, probabilities, width, height, image: undefined };
  },
};

const run: Outline<RunSetup, Photograph<ClassifiedFace>> = {
  groupSize: () => PHOTOGRAPHS_TOGETHER,

  toEntry: ({ faces }) => ({
    kind: 'photograph',
    faces: faces.map((face) => ({
      ...faceEntry(face),
      probabilities: Array.from(face.probabilities),
    })),
  }),

  fromEntry: (input, { classifier }) =>
    photographFrom(input, (face, index) => classifiedFace(face, index, classifier.classNames)),
};

export const OUTLINES = { align, infer, run } as const;

function faceEntry({ score, box, landmarks, matrix }: AlignedFace): FaceEntry {
  return { score, box, landmarks, matrix };
}

function alignedFace({ score, box, landmarks, matrix }: FaceEntry, index: number): AlignedFace {
  return { index, score, box, landmarks, matrix, crop: undefined, cropPath: undefined };
}

function classifiedFace(
  face: FaceEntry,
  index: number,
  classNames: readonly string[],
): ClassifiedFace {
  if (face.probabilities === undefined) {
    throw new Error('expected probabilities in the journal, found none');
  }
  const probabilities = Float32Array.from(face.probabilities);
  const label = mostProbable(probabilities, classNames);
  return { ...alignedFace(face, index), label, probabilities };
}

/** @throws Error where the entry is no photograph's */
function photographFrom<F extends AlignedFace>(
  { path, relative, entry }: FinishedInput,
  faceOf: (face: FaceEntry, index: number) => F,
): Photograph<F> | FailedInput {
  if (entry.kind === 'failed') return failedInput(path, entry.reason, entry.mayPass);
  if (entry.kind !== 'photograph') {
    throw new Error(`expected a photograph in the journal, found a ${entry.kind}`);
  }
  return { kind: 'photograph', path, relative, faces: entry.faces.map(faceOf) };
}
