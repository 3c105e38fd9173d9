/** Second stage: R-Net looks at each proposal by itself and keeps the likely ones. */
import type { Session } from '../../runtime/onnxruntime.js';
import type { Candidate } from './boxes.js';
import { scoreCutouts } from './cutouts.js';
import type { PaddedImage } from './padding.js';

const INPUT_SIZE = 24;

export async function screen(
  rnet: Session,
  padded: PaddedImage,
  candidates: readonly Candidate[],
  threshold: number,
): Promise<Candidate[]> {
  const scored = await scoreCutouts(rnet, INPUT_SIZE, padded, candidates);
  return scored
    .filter(({ score }) => score > threshold)
    .map(({ candidate, score, offsets }) => ({ ...candidate, score, offsets }));
}
