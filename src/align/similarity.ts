import type { AffineMatrix } from '../image/warp.js';

export type Points = readonly (readonly [x: number, y: number])[];

/**
 * The similarity transform (rotation, uniform scale, translation) that maps `source` closest to `target`
 * in the least squares sense: Umeyama, "Least-squares estimation of transformation parameters between two
 * point patterns", PAMI 1991. In two dimensions his singular value decomposition has the closed form below:
 * with points centred, the best x' = a x - b y, y' = b x + a y has a = sum(x u + y v) / sum(x^2 + y^2) and
 * b = sum(x v - y u) / sum(x^2 + y^2), and never reflects.
 *
 * @returns undefined where all source points coincide or are not finite
 */
export function estimateSimilarity(source: Points, target: Points): AffineMatrix | undefined {
  const [sourceX, sourceY] = mean(source);
  const [targetX, targetY] = mean(target);
  let along = 0;
  let across = 0;
  let spread = 0;
  for (let i = 0; i < source.length; i++) {
    const x = source[i][0] - sourceX;
    const y = source[i][1] - sourceY;
    const u = target[i][0] - targetX;
    const v = target[i][1] - targetY;
    along += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  }
  if (!(spread > 0 && Number.isFinite(spread))) return undefined;
  const a = along / spread;
  const b = across / spread;
  return [
    [a, -b, targetX - a * sourceX + b * sourceY],
    [b, a, targetY - b * sourceX - a * sourceY],
  ];
}

function mean(points: Points): [x: number, y: number] {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point[0];
    y += point[1];
  }
  return [x / points.length, y / points.length];
}
