/** Non-maximum suppression as face-api does it. MTCNN's counts a pixel more a side and is another function. */
import type { ScoredBox } from './decode.js';

/**
 * Takes the best candidate, drops all whose intersection over union with it exceeds the limit, and so on.
 *
 * @param most candidates kept, at most
 * @returns best score first; of equals in the order given
 */
export function suppressBoxes(
  candidates: readonly ScoredBox[],
  limit: number,
  most: number,
): ScoredBox[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);
  const kept: ScoredBox[] = [];
  for (const candidate of sorted) {
    if (kept.length === most) break;
    if (kept.every((better) => overlap(candidate, better) <= limit)) kept.push(candidate);
  }
  return kept;
}

/** Intersection over union, 0..1. */
export function overlap(a: ScoredBox, b: ScoredBox): number {
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (!(height > 0 && width > 0)) return 0;
  const shared = height * width;
  return shared / (area(a) + area(b) - shared);
}

function area({ top, left, bottom, right }: ScoredBox): number {
  return (bottom - top) * (right - left);
}
