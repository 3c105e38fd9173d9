/** First stage: P-Net slides over an image pyramid and proposes boxes. */
import { roundHalfToEven } from '../../image/rounding.js';
import type { Session, Tensor } from '../../runtime/onnxruntime.js';
import { type Candidate, suppressCandidates } from './boxes.js';
import { runOnCanvas } from './canvas.js';
import { type PaddedImage, resizePadded } from './padding.js';
import { normalize } from './preprocess.js';
import { type Part, STRIDE, seenPart, VIEW } from './seen.js';

/** Each level of the pyramid is smaller by this factor (about the square root of one half). */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the reference has 0.707, not the root itself
const PYRAMID_FACTOR = 0.707;
/** Limit of overlap (intersection over union) within one level. */
const LEVEL_OVERLAP_LIMIT = 0.5;
const CHANNELS = 3;

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

/**
 * The proposals of each level, before suppression across levels.
 *
 * @param skipsPadding cells that see only padding are left out
 */
export async function proposeAtScales(
  pnet: Session,
  padded: PaddedImage,
  scales: readonly number[],
  threshold: number,
  skipsPadding: boolean,
): Promise<Candidate[][]> {
  const sides = scales.map((scale) => Math.ceil(padded.side * scale));
  const proposals: Candidate[][] = [];
  const whole = { x: 0, y: 0, width: padded.side, height: padded.side };
  const levels = sides.map((side) => ({ window: whole, width: side, height: side }));
  for (const pixels of resizePadded(padded, levels)) {
    const scale = scales[proposals.length];
    const side = sides[proposals.length];
    const all = { start: 0, size: side };
    const part = skipsPadding ? seenPart(padded, side) : { columns: all, rows: all };
    const level = partOf(pixels, side, part);
    const { cells } = pnet.prefersFewShapes
      ? await runOnCanvas(pnet, level)
      : await pnet.run({ input: level });
    const found = cellsAbove(cells, part, scale, threshold);
    proposals.push(suppressCandidates(found, LEVEL_OVERLAP_LIMIT));
  }
  return proposals;
}

/** Part of a level as network input, [1, 3, rows, columns]. */
function partOf(pixels: Uint8Array, side: number, { rows, columns }: Part): Tensor {
  const data = new Float32Array(CHANNELS * rows.size * columns.size);
  let at = 0;
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let y = rows.start; y < rows.start + rows.size; y++) {
      const from = (channel * side + y) * side + columns.start;
      normalize(pixels.subarray(from, from + columns.size), data, at);
      at += columns.size;
    }
  }
  return { data, dims: [1, CHANNELS, rows.size, columns.size] };
}

/** How far below the threshold the score of black has to be: rounding differs from size to size. */
const CLEARLY = 1e-3;

/** Whether P-Net finds no face in black, by far. */
export async function seesNoFaceInBlack(pnet: Session, threshold: number): Promise<boolean> {
  const all = { start: 0, size: VIEW };
  const black = new Uint8Array(CHANNELS * VIEW * VIEW);
  const { cells } = await pnet.run({ input: partOf(black, VIEW, { columns: all, rows: all }) });
  return faceProbability(cells.data[1] - cells.data[0]) < threshold - CLEARLY;
}

/**
 * Candidates for the cells whose face probability exceeds the threshold.
 *
 * @param cells [1, 6, rows, columns]: logits of "no face" and "face", then the offsets
 * @param part of the level that they are of
 */
function cellsAbove(
  { data, dims: [, , rows, columns] }: Tensor,
  part: Part,
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
    const x = part.columns.start + STRIDE * (cell % columns) + 1;
    const y = part.rows.start + STRIDE * Math.floor(cell / columns) + 1;
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
