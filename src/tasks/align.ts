/** Photographs in, aligned faces out. */
import { alignFace } from '../align/crop.js';
import type { Face, FaceDetector } from '../detect/detector.js';
import type { DecodeOptions } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import { type AffineMatrix, warpAffine } from '../image/warp.js';
import type { ImageFile } from '../inputs/folder.js';
import { decoded } from './decoded.js';
import type { FinishedImage, Input, InputImage } from './entry.js';
import type { FailedInput } from './failed-input.js';

export interface AlignedFace extends Face {
  /** Number of the face in its photograph, from 0, best score first. */
  readonly index: number;
  readonly crop: RgbImage;
  /** Maps pixels of the photograph to pixels of the crop. */
  readonly matrix: AffineMatrix;
}

export interface AlignedPhotograph {
  readonly file: InputImage;
  /** Empty where no face was found. */
  readonly faces: readonly AlignedFace[];
}

/** Which faces of a photograph are kept: all, the one of the largest box, or the one nearest to the centre. */
export type FaceChoice = 'all' | 'largest' | 'central';

export interface AlignOptions extends DecodeOptions {
  /** Side of the crops, pixels. */
  readonly cropSize: number;
  readonly faces: FaceChoice;
}

/** One result for each input, in their order; those that are finished only have their faces cut out again. */
export async function* align(
  files: AsyncIterable<Input>,
  detector: FaceDetector,
  options: AlignOptions,
): AsyncGenerator<AlignedPhotograph | FailedInput> {
  for await (const input of decoded(files, options)) {
    if ('reason' in input) yield input;
    else if ('entry' in input.file) yield cutOutAgain(input.file, input.image, options);
    else yield await alignPhotograph(input.file, input.image, detector, options);
  }
}

function cutOutAgain(
  file: FinishedImage,
  image: RgbImage,
  { cropSize }: AlignOptions,
): AlignedPhotograph {
  const { entry } = file;
  if (!('faces' in entry)) throw new Error('expected faces in the journal, found none');
  const faces = entry.faces.map(({ score, box, landmarks, matrix }, index) => {
    const crop = warpAffine(image, matrix, cropSize, cropSize);
    return { index, score, box, landmarks, matrix, crop };
  });
  return { file, faces };
}

async function alignPhotograph(
  file: ImageFile,
  image: RgbImage,
  detector: FaceDetector,
  { cropSize, faces: choice }: AlignOptions,
): Promise<AlignedPhotograph | FailedInput> {
  let found: Face[];
  try {
    found = await detector.detect(image);
  } catch (error) {
    const cause = (error as Error).message.split('\n', 1)[0];
    return { path: file.path, reason: `the face detector failed on it: ${cause}` };
  }
  const faces: AlignedFace[] = [];
  for (const face of chooseFaces(found, choice, image)) {
    const aligned = alignFace(image, face.landmarks, cropSize);
    if (aligned === undefined) continue;
    faces.push({ ...face, index: faces.length, crop: aligned.image, matrix: aligned.matrix });
  }
  return { file, faces };
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
