/** Non-maximum suppression as face-api does it. MTCNN's counts a pixel more a side and is another function. */
import type { Candidate } from './decode.js';

/**
 * Takes the best candidate, drops all whose intersection over union with it exceeds the limit, and so on.
 *
 * @param most candidates kept, at most
 * @returns best score first; of equals in the order given
 */
export function suppressOverlaps(
  candidates: readonly Candidate[],
  limit: number,
  most: number,
): Candidate[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);
  const kept: Candidate[] = [];
  for (const candidate of sorted) {
    if (kept.length === most) break;
    if (kept.every((better) => overlap(candidate, better) <= limit)) kept.push(candidate);
  }
  return kept;
}

/** Intersection over union, 0..1. */
export function overlap(a: Candidate, b: Candidate): number {
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (!(height > 0 && width > 0)) return 0;
  const shared = height * width;
  return shared / (area(a) + area(b) - shared);
}

function area({ top, left, bottom, right }: Candidate): number {
  return (bottom - top) * (right - left);
}
