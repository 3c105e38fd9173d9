/** Faces found twice: non-maximum suppression with the published limit of 0.9 leaves boxes that are nearly the same. */
import type { Box } from './detector.js';

/** Intersection over union above which two boxes are taken for the same face. */
const SAME_FACE = 0.6;

/**
 * For each face the number of the best face before it whose box it overlaps by more than 0.6 (intersection over union);
 * null where it overlaps none.
 *
 * @param faces best score first
 */
export function overlaps(faces: readonly { readonly box: Box }[]): (number | null)[] {
  return faces.map(({ box }, index) => {
    const better = faces
      .slice(0, index)
      .findIndex((face) => intersectionOverUnion(face.box, box) > SAME_FACE);
    return better < 0 ? null : better;
  });
}

/** 0..1; the last row and column of pixels belong to a box, so that its sides are x2 - x1 + 1. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + 1;
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + 1;
  if (!(width > 0 && height > 0)) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1 + 1) * (y2 - y1 + 1);
}
