/** From results of the pipelines, with or without workers, to those of the library. */
import type { Face } from '../detect/detector.js';
import type { RgbImage } from '../image/image.js';
import type { AffineMatrix } from '../image/warp.js';
import type { FailedInput } from '../tasks/failed-input.js';
import type { Prediction } from '../tasks/infer.js';
import type {
  AlignedFace,
  AlignedPhotograph,
  AnalyzedPhotograph,
  ClassifiedImage,
  Failure,
} from './results.js';

/** A photograph's faces; crops cannot be missing, but workers that write them to files leave them out. */
export interface Found<F extends FoundFace = FoundFace> {
  readonly faces: readonly F[];
}

interface FoundFace extends Face {
  readonly index: number;
  readonly matrix: AffineMatrix;
  readonly crop: RgbImage | undefined;
}

export interface LabelledFace extends FoundFace {
  readonly label: string;
  readonly probabilities: Float32Array;
}

export function alignedPhotograph<I>(
  input: I,
  result: Found | FailedInput,
): AlignedPhotograph<I> | Failure<I> {
  return 'reason' in result ? failure(input, result) : { input, faces: result.faces.map(face) };
}

export function analyzedPhotograph<I>(
  input: I,
  result: Found<LabelledFace> | FailedInput,
): AnalyzedPhotograph<I> | Failure<I> {
  if ('reason' in result) return failure(input, result);
  const faces = result.faces.map((found) => {
    const { label, probabilities } = found;
    return { ...face(found), label, probabilities };
  });
  return { input, faces };
}

export function classifiedImage<I>(
  input: I,
  result: Prediction | FailedInput,
): ClassifiedImage<I> | Failure<I> {
  if ('reason' in result) return failure(input, result);
  const { label, probabilities, width, height } = result;
  return { input, label, probabilities, width, height };
}

function face({ index, score, box, landmarks, matrix, crop }: FoundFace): AlignedFace {
  if (crop === undefined) throw new Error('expected a face with its crop, found none');
  return { index, score, box, landmarks, matrix, crop };
}

function failure<I>(input: I, { reason, mayPass = false }: FailedInput): Failure<I> {
  return { input, reason, mayPass };
}
