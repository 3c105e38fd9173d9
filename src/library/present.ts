/** From results of tasks, with or without workers, to those of the library. */
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
  if (result.kind === 'photograph') return { input, faces: result.faces.map(alignedFace) };
  return failure(input, result);
}

export function analyzedPhotograph<I>(
  input: I,
  result: TaskResult,
): AnalyzedPhotograph<I> | Failure<I> {
  if (result.kind !== 'photograph') return failure(input, result);
  const faces = result.faces.map((face) => {
    // The task is `run`, which classifies them.
    const { label, probabilities } = face as tasks.ClassifiedFace;
    return { ...alignedFace(face), label, probabilities };
  });
  return { input, faces };
}

export function classifiedImage<I>(input: I, result: TaskResult): ClassifiedImage<I> | Failure<I> {
  if (result.kind !== 'prediction') return failure(input, result);
  const { label, probabilities, width, height } = result;
  return { input, label, probabilities, width, height };
}

function alignedFace(face: tasks.AlignedFace): AlignedFace {
  const { index, score, box, landmarks, matrix, crop } = face;
  if (crop === undefined) throw new Error('expected a face with its crop, found none');
  return { index, score, box, landmarks, matrix, crop };
}

function failure<I>(input: I, result: TaskResult): Failure<I> {
  const { reason, mayPass } = result as FailedInput;
  return { input, reason, mayPass };
}
