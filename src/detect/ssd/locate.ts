/** First stage: where faces are. */
import type { RgbImage } from '../../image/image.js';
import type { Session } from '../../runtime/onnxruntime.js';
import { decode, type ScoredBox } from './decode.js';
import { PRIORS } from './priors.js';
import { type Normalization, resizeSquare } from './resize.js';
import { suppressBoxes } from './suppress.js';

const INPUT_SIZE = 512;

/** -1..1 */
const NORMALIZATION: Normalization = { mean: [127.5, 127.5, 127.5], scale: 127.5 };

/** Intersection over union above which the lesser of two boxes goes, and faces a photograph, at most: face-api's. */
const OVERLAP_LIMIT = 0.5;
const MOST_FACES = 100;

/** A face's box in pixels of the photograph, edges, inside it. */
export interface LocatedBox {
  readonly score: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The boxes whose score exceeds the confidence, best first. */
export async function locate(
  network: Session,
  image: RgbImage,
  minConfidence: number,
): Promise<LocatedBox[]> {
  const { width, height } = image;
  const side = Math.max(width, height);
  const data = new Float32Array(3 * INPUT_SIZE * INPUT_SIZE);
  // The photograph lies in the upper left corner, black beside or below it.
  const square = { side, x: 0, y: 0, width, height, left: 0, top: 0 };
  resizeSquare(image, square, INPUT_SIZE, NORMALIZATION, data, 0);
  const input = { data, dims: [1, 3, INPUT_SIZE, INPUT_SIZE] };
  const { boxes, scores } = await network.run({ input });
  const candidates = decode(boxes.data, scores.data, PRIORS, minConfidence);
  return suppressBoxes(candidates, OVERLAP_LIMIT, MOST_FACES).map((kept) =>
    inPhotograph(kept, image),
  );
}

/** face-api clips boxes to the input, so that they may reach into the black margin; here they end before it. */
function inPhotograph(
  { score, top, left, bottom, right }: ScoredBox,
  { width, height }: RgbImage,
): LocatedBox {
  const horizontal = edgeScale(width, width, height);
  const vertical = edgeScale(height, width, height);
  return {
    score,
    left: Math.max(left, 0) * horizontal,
    top: Math.max(top, 0) * vertical,
    right: Math.min(Math.min(right, 1) * horizontal, width),
    bottom: Math.min(Math.min(bottom, 1) * vertical, height),
  };
}

/**
 * Pixels of the photograph along an axis that the input's side stands for. face-api reckons with the photograph's
 * size in the input as a whole number of pixels, so that differs a little from the longer side.
 */
function edgeScale(length: number, width: number, height: number): number {
  const shown = Math.round(length * (INPUT_SIZE / Math.max(width, height)));
  return (INPUT_SIZE / Math.max(shown, 1)) * length;
}
