/** From the detector's outputs to boxes with scores. */
import type { Prior } from './priors.js';

/** A box that may hold a face; in units of the input's side, edges, and may reach beyond it. */
export interface ScoredBox {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  /** Probability of a face, 0..1. */
  readonly score: number;
}

/** What the network's corrections were multiplied by in training (TensorFlow's faster_rcnn_box_coder). */
const CENTRE_SCALE = 10;
const SIDE_SCALE = 5;

/**
 * The prior boxes whose score exceeds the threshold, corrected.
 *
 * @param encoded for each prior box corrections of centre y, centre x, height and width
 * @param scores for each prior box
 */
export function decode(
  encoded: Float32Array,
  scores: Float32Array,
  priors: readonly Prior[],
  threshold: number,
): ScoredBox[] {
  if (scores.length !== priors.length || encoded.length !== 4 * priors.length) {
    throw new Error(
      `expected outputs for ${priors.length} boxes, received ${encoded.length} numbers and ${scores.length} scores`,
    );
  }
  const candidates: ScoredBox[] = [];
  for (const [index, prior] of priors.entries()) {
    const score = scores[index];
    if (!(score > threshold)) continue;
    const [dy, dx, dh, dw] = encoded.subarray(4 * index, 4 * index + 4);
    const y = prior.y + (dy / CENTRE_SCALE) * prior.height;
    const x = prior.x + (dx / CENTRE_SCALE) * prior.width;
    const height = prior.height * Math.exp(dh / SIDE_SCALE);
    const width = prior.width * Math.exp(dw / SIDE_SCALE);
    candidates.push({
      top: y - height / 2,
      left: x - width / 2,
      bottom: y + height / 2,
      right: x + width / 2,
      score,
    });
  }
  return candidates;
}
