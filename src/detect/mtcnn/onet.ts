/** Third stage: O-Net decides, corrects the box and places the landmarks. */
import type { Session } from '../../runtime/onnxruntime.js';
import type { Point } from '../detector.js';
import { type Candidate, regress } from './boxes.js';
import { scoreCutouts } from './cutouts.js';
import type { PaddedImage } from './padding.js';

const INPUT_SIZE = 48;

export interface LandmarkedCandidate extends Candidate {
  readonly landmarks: readonly [Point, Point, Point, Point, Point];
}

/** The candidates above the threshold, moved by their last offsets, neither squared nor rounded. */
export async function confirm(
  onet: Session,
  padded: PaddedImage,
  candidates: readonly Candidate[],
  threshold: number,
): Promise<LandmarkedCandidate[]> {
  const scored = await scoreCutouts(onet, INPUT_SIZE, padded, candidates);
  return scored
    .filter(({ score }) => score > threshold)
    .map(({ candidate, score, offsets, landmarks }) => {
      // Landmarks are placed in the box as O-Net saw it, before the last regression.
      const placed = placeLandmarks(candidate, landmarks);
      return { ...regress({ ...candidate, score, offsets }), landmarks: placed };
    });
}

/** @param relative five x, then five y, in units of the box's sides; the reference keeps the result in float32 */
function placeLandmarks(box: Candidate, relative: Float32Array): LandmarkedCandidate['landmarks'] {
  const width = box.x2 - box.x1 + 1;
  const height = box.y2 - box.y1 + 1;
  const point = (index: number): Point => [
    Math.fround(box.x1 + width * relative[index]),
    Math.fround(box.y1 + height * relative[index + 5]),
  ];
  return [point(0), point(1), point(2), point(3), point(4)];
}
