/** From results of tasks, with or without workers, to those of the library. */
import { overlaps } from '../detect/overlaps.js';
import type { FailedInput } from '../tasks/failed-input.js';
import type { TaskResult } from '../tasks/job.js';
import type * as tasks from '../tasks/photograph.js';
import type {
  AlignedFace,
  AlignedPhotograph,
  AnalyzedPhotograph,
  ClassifiedImage,
  Failure,
} from './results.js';

export function alignedPhotograph<I>(
  input: I,
  result: TaskResult,
): AlignedPhotograph<I> | Failure<I> {
  if (result.kind === 'photograph') return { input, faces: alignedFaces(result) };
  return failure(input, result);
}

export function analyzedPhotograph<I>(
  input: I,
  result: TaskResult,
): AnalyzedPhotograph<I> | Failure<I> {
  if (result.kind !== 'photograph') return failure(input, result);
  const faces = alignedFaces(result).map((face, index) => {
    // The task is `run`, which classifies them.
    const { label, probabilities } = result.faces[index] as tasks.ClassifiedFace;
    return { ...face, label, probabilities };
  });
  return { input, faces };
}

export function classifiedImage<I>(input: I, result: TaskResult): ClassifiedImage<I> | Failure<I> {
  if (result.kind !== 'prediction') return failure(input, result);
  const { label, probabilities, width, height } = result;
  return { input, label, probabilities, width, height };
}

function alignedFaces({ faces }: tasks.Photograph): AlignedFace[] {
  const better = overlaps(faces);
  return faces.map(({ index, score, box, landmarks, matrix, crop }) => {
    if (crop === undefined) throw new Error('expected a face with its crop, found none');
    return { index, score, box, landmarks, matrix, crop, overlaps: better[index] ?? undefined };
  });
}

function failure<I>(input: I, result: TaskResult): Failure<I> {
  const { reason, mayPass } = result as FailedInput;
  return { input, reason, mayPass };
}
