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
    const { cells } = pnet.prefersFewShapes
      ? await runOnCanvas(pnet, level)
      : await pnet.run({ input: level });
    const found = cellsAbove(cells, scale, threshold);
    proposals.push(suppressOverlaps(found, LEVEL_OVERLAP_LIMIT));
  }
  return proposals;
}

/**
 * Candidates for the cells whose face probability exceeds the threshold.
 *
 * @param cells [1, 6, rows, columns]: logits of "no face" and "face", then the offsets
 */
function cellsAbove(
  { data, dims: [, , rows, columns] }: Tensor,
  scale: number,
  threshold: number,
): Candidate[] {
  const plane = rows * columns;
  const least = leastMargin(threshold);
  const found: Candidate[] = [];
  for (let cell = 0; cell < plane; cell++) {
    const margin = data[plane + cell] - data[cell];
    if (margin < least) continue;
    const score = faceProbability(margin);
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
        data[2 * plane + cell],
        data[3 * plane + cell],
        data[4 * plane + cell],
        data[5 * plane + cell],
      ],
    });
  }
  return found;
}

/**
 * Softmax of two logits in float32, as the reference computes it: many scores round to the same number, and
 * the order of equals decides which boxes stay.
 *
 * @param margin logit of "face" less that of "no face"
 * @returns probability of a face, 0..1
 */
export function faceProbability(margin: number): number {
  const lesser = Math.fround(Math.exp(Math.fround(-Math.abs(margin))));
  const sum = Math.fround(1 + lesser);
  return Math.fround((margin < 0 ? lesser : 1) / sum);
}

/** More than a probability in float32 is rounded by. */
const ROUNDING = 1e-6;

/** A margin of logits that every probability above the threshold reaches: most cells need no exponential. */
function leastMargin(threshold: number): number {
  const probability = Math.max(threshold - ROUNDING, 0);
  return Math.log(probability / (1 - probability));
}
