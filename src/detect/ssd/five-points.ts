/** From the 68 landmarks of the iBUG 300-W scheme to the five that alignment takes. */
import type { Face, Point } from '../detector.js';

/** Numbers of landmarks, from 0; left and right as seen in the picture. */
const LEFT_EYE_CORNERS = [36, 39] as const;
const RIGHT_EYE_CORNERS = [42, 45] as const;
const NOSE_TIP = 30;
const LEFT_MOUTH_CORNER = 48;
const RIGHT_MOUTH_CORNER = 54;

/** An eye's centre is the middle of its corners, whether it is open or closed. */
export function fivePoints(points: readonly Point[]): Face['landmarks'] {
  const middle = ([a, b]: readonly [number, number]): Point => [
    (points[a][0] + points[b][0]) / 2,
    (points[a][1] + points[b][1]) / 2,
  ];
  return [
    middle(LEFT_EYE_CORNERS),
    middle(RIGHT_EYE_CORNERS),
    points[NOSE_TIP],
    points[LEFT_MOUTH_CORNER],
    points[RIGHT_MOUTH_CORNER],
  ];
}
