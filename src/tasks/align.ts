/** Photographs in, aligned faces out. */
import { alignFace } from '../align/crop.js';
import type { Face, FaceDetector } from '../detect/detector.js';
import { firstLine } from '../files/text/shown.js';
import type { DecodeOptions } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import { type DetectorSource, openDetector } from '../models/detectors.js';
import type { Device } from '../runtime/devices.js';
import { atWorkOn } from './at-work.js';
import { type DecodedImage, decoded } from './decoded.js';
import { type FailedInput, failedInput } from './failed-input.js';
import type { TaskInput } from './input.js';
import type { AlignedFace, Photograph } from './photograph.js';
import { type Task, THREADS } from './task.js';

/** Which faces of a photograph are kept: all, the one of the largest box, or the one nearest to the centre. */
export type FaceChoice = 'all' | 'largest' | 'central';

export interface AlignOptions extends DecodeOptions {
  /** Side of the crops that are saved or returned, pixels; those for a classifier have its own. */
  readonly cropSize: number;
  readonly faces: FaceChoice;
}

export interface AlignSetup {
  readonly device: Device;
  readonly detector: DetectorSource;
  readonly options: AlignOptions;
}

export const alignTask: Task<AlignSetup, Photograph> = async (setup) => {
  const { device, detector: source, options } = setup;
  const detector = await openDetector(source, { threads: THREADS, device });
  return {
    process: (inputs, signal) =>
      findFaces(inputs, untilAborted(detector, signal), options, (face) => face),
    release: () => detector.release(),
  };
};

/**
 * One result for each input, in their order.
 *
 * @param complete adds to a face what a task needs of the photograph's pixels, which are let go after it
 */
export async function* findFaces<F extends AlignedFace>(
  inputs: AsyncIterable<TaskInput>,
  detector: FaceDetector,
  options: AlignOptions,
  complete: (face: AlignedFace, photograph: RgbImage) => F,
): AsyncGenerator<Photograph<F> | FailedInput> {
  for await (const input of decoded(inputs, options)) {
    if (input.kind === 'failed') {
      yield input;
      continue;
    }
    const result = await atWorkOn([input], () => alignPhotograph(input, detector, options));
    yield result.kind === 'failed'
      ? result
      : { ...result, faces: result.faces.map((face) => complete(face, input.image)) };
  }
}

/** Photographs are decoded ahead: after an abort those that are left would take seconds to search. */
export function untilAborted(
  detector: FaceDetector,
  signal: AbortSignal | undefined,
): FaceDetector {
  if (signal === undefined) return detector;
  return {
    async detect(image) {
      signal.throwIfAborted();
      return detector.detect(image);
    },
    release: () => detector.release(),
  };
}

async function alignPhotograph(
  { path, relative, image }: DecodedImage,
  detector: FaceDetector,
  { cropSize, faces: choice }: AlignOptions,
): Promise<Photograph | FailedInput> {
  let found: Face[];
  try {
    found = await detector.detect(image);
  } catch (error) {
    const cause = firstLine(error);
    return failedInput(path, `the face detector failed on it: ${cause}`);
  }
  const faces: AlignedFace[] = [];
  for (const face of chooseFaces(found, choice, image)) {
    const aligned = alignFace(image, face.landmarks, cropSize);
    if (aligned === undefined) continue;
    const { image: crop, matrix } = aligned;
    faces.push({ ...face, index: faces.length, matrix, crop, cropPath: undefined });
  }
  const odd = image.isTwelveBit && { isTwelveBit: image.isTwelveBit };
  return { kind: 'photograph', path, relative, faces, ...odd };
}

/** @returns the faces kept, in their order; of equals the first, which has the better score */
export function chooseFaces(
  faces: readonly Face[],
  choice: FaceChoice,
  { width, height }: { readonly width: number; readonly height: number },
): readonly Face[] {
  if (choice === 'all' || faces.length === 0) return faces;
  const merit = ({ box: [x1, y1, x2, y2] }: Face) =>
    choice === 'largest'
      ? (x2 - x1 + 1) * (y2 - y1 + 1)
      : -Math.hypot((x1 + x2) / 2 - (width - 1) / 2, (y1 + y2) / 2 - (height - 1) / 2);
  return [faces.reduce((best, face) => (merit(face) > merit(best) ? face : best))];
}
