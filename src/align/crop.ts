import type { RgbImage } from '../image/image.js';
import { type AffineMatrix, warpAffine } from '../image/warp.js';
import { REFERENCE_POINTS, REFERENCE_SIZE } from './reference.js';
import { estimateSimilarity, type Points } from './similarity.js';

export interface AlignedCrop {
  /** size x size pixels. */
  readonly image: RgbImage;
  /** Maps pixels of the photograph to pixels of the crop. */
  readonly matrix: AffineMatrix;
}

/**
 * The face whose five landmarks (pixels of the image, order of REFERENCE_POINTS) are given, moved to the
 * reference points: bilinear, black where the photograph ends.
 *
 * @param size side of the crop in pixels; the reference points scale with it
 * @returns undefined where the landmarks coincide, so that no transform exists
 */
export function alignFace(
  image: RgbImage,
  landmarks: Points,
  size: number,
): AlignedCrop | undefined {
  const scale = size / REFERENCE_SIZE;
  const target = REFERENCE_POINTS.map(([x, y]) => [x * scale, y * scale] as const);
  const matrix = estimateSimilarity(landmarks, target);
  if (matrix === undefined) return undefined;
  return { image: warpAffine(image, matrix, size, size), matrix };
}
