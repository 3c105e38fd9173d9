/** First stage: P-Net slides over an image pyramid and proposes boxes. */
import { roundHalfToEven } from '../../image/rounding.js';
import type { Session, Tensor } from '../../onnx.js';
import { type Candidate, suppressOverlaps } from './boxes.js';
import { runOnCanvas } from './canvas.js';
import { type PaddedImage, resizeWhole } from './padding.js';
import { normalize } from './preprocess.js';

/** Side of P-Net's view, pixels of the scaled image; a face of this size fills it. */
const VIEW = 12;
/** P-Net's outputs lie this far apart in the scaled image, pixels. */
const STRIDE = 2;
/** Each level of the pyramid is smaller by this factor (about the square root of one half). */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the reference has 0.707, not the root itself
const PYRAMID_FACTOR = 0.707;
/** Limit of overlap (intersection over union) within one level. */
const LEVEL_OVERLAP_LIMIT = 0.5;

/**
 * Scales of the image pyramid: the smallest face wanted fills P-Net's view at the first one.
 *
 * @param side side of the padded image, pixels
 * @param minFaceSize side of the smallest face to find, pixels
 */
export function pyramidScales(side: number, minFaceSize: number): number[] {
  const first = VIEW / minFaceSize;
  const scales: number[] = [];
  let shorterSide = side * first;
  while (shorterSide > VIEW) {
    scales.push(first * PYRAMID_FACTOR ** scales.length);
    shorterSide *= PYRAMID_FACTOR;
  }
  return scales;
}

/** The proposals of each level, before suppression across levels. */
export async function proposeAtScales(
  pnet: Session,
  padded: PaddedImage,
  scales: readonly number[],
  threshold: number,
): Promise<Candidate[][]> {
  const sides = scales.map((scale) => Math.ceil(padded.side * scale));
  const proposals: Candidate[][] = [];
  for (const pixels of resizeWhole(padded, sides)) {
    const scale = scales[proposals.length];
    const side = sides[proposals.length];
    const data = new Float32Array(pixels.length);
    normalize(pixels, data, 0);
    const level = { data, dims: [1, 3, side, side] };
    const { probabilities, boxes } = pnet.prefersFewShapes
      ? await runOnCanvas(pnet, level)
      : await pnet.run({ input: level });
    const found = cellsAbove(probabilities, boxes, scale, threshold);
    proposals.push(suppressOverlaps(found, LEVEL_OVERLAP_LIMIT));
  }
  return proposals;
}

/**
 * Candidates for the cells whose face probability exceeds the threshold.
 *
 * @param probabilities [1, 2, rows, columns], second plane: face
 * @param boxes offsets [1, 4, rows, columns]
 */
function cellsAbove(
  probabilities: Tensor,
  boxes: Tensor,
  scale: number,
  threshold: number,
): Candidate[] {
  const [, , rows, columns] = probabilities.dims;
  const plane = rows * columns;
  const found: Candidate[] = [];
  for (let cell = 0; cell < plane; cell++) {
    const score = probabilities.data[plane + cell];
    if (!(score > threshold)) continue;
    const x = STRIDE * (cell % columns) + 1;
    const y = STRIDE * Math.floor(cell / columns) + 1;
    found.push({
      x1: roundHalfToEven(x / scale),
      y1: roundHalfToEven(y / scale),
      x2: roundHalfToEven((x + VIEW) / scale),
      y2: roundHalfToEven((y + VIEW) / scale),
      score,
      offsets: [
        boxes.data[cell],
        boxes.data[plane + cell],
        boxes.data[2 * plane + cell],
        boxes.data[3 * plane + cell],
      ],
    });
  }
  return found;
}
