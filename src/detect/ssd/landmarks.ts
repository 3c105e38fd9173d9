/** Second stage: the 68 landmarks (of the iBUG 300-W scheme) in each box. */
import type { RgbImage } from '../../image/image.js';
import type { Session } from '../../runtime/onnxruntime.js';
import type { Point } from '../detector.js';
import type { LocatedBox } from './locate.js';
import { type Normalization, resizeSquare, type Square } from './resize.js';

const INPUT_SIZE = 112;

/** Mean colour of the pictures the network was trained on. */
const NORMALIZATION: Normalization = { mean: [122.782, 117.001, 104.298], scale: 255 };

const POINTS = 68;

/** Faces in one run of the network: bounds memory in a crowd. */
const BATCH = 16;

/** A box with its landmarks in pixels of the photograph, 0 = centre of the first. */
export interface LandmarkedBox {
  readonly box: LocatedBox;
  readonly points: readonly Point[];
}

/** The landmarks of each box, in their order; boxes without a whole pixel in them are left out. */
export async function placeLandmarks(
  network: Session,
  image: RgbImage,
  boxes: readonly LocatedBox[],
): Promise<LandmarkedBox[]> {
  const cutouts = boxes
    .map((box) => ({ box, square: cutOut(box, image) }))
    .filter(({ square }) => square.width > 0 && square.height > 0);
  const placed: LandmarkedBox[] = [];
  const length = 3 * INPUT_SIZE * INPUT_SIZE;
  for (let from = 0; from < cutouts.length; from += BATCH) {
    const batch = cutouts.slice(from, from + BATCH);
    // Rows without a face change nothing for the others.
    const rows = network.prefersFewShapes ? BATCH : batch.length;
    const data = new Float32Array(rows * length);
    for (const [row, { square }] of batch.entries()) {
      resizeSquare(image, square, INPUT_SIZE, NORMALIZATION, data, row * length);
    }
    const input = { data, dims: [rows, 3, INPUT_SIZE, INPUT_SIZE] };
    const { landmarks } = await network.run({ input });
    for (const [row, { box, square }] of batch.entries()) {
      const relative = landmarks.data.subarray(row * 2 * POINTS, (row + 1) * 2 * POINTS);
      placed.push({ box, points: inPhotograph(relative, square) });
    }
  }
  return placed;
}

/** The box in whole pixels (as face-api rounds it), centred in a square. */
export function cutOut(box: LocatedBox, image: RgbImage): Square {
  const x = Math.floor(box.left);
  const y = Math.floor(box.top);
  const width = Math.min(Math.floor(box.right - box.left), image.width - x);
  const height = Math.min(Math.floor(box.bottom - box.top), image.height - y);
  const side = Math.max(width, height);
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  return { side, x, y, width, height, left, top };
}

/**
 * Landmarks are counted from the pixel at which the cut-out begins. face-api counts them from the box's corner,
 * though it cuts out from the whole pixel before it, and where the margin is no whole number from half a pixel off:
 * its landmarks lie up to 1 pixel, 1.5 at most, to the right of and below where the network saw them.
 *
 * @param relative x and y of each point in units of the square's side
 */
function inPhotograph(relative: Float32Array, { side, x, y, left, top }: Square): Point[] {
  return Array.from({ length: POINTS }, (_, point) => [
    relative[2 * point] * side - left + x,
    relative[2 * point + 1] * side - top + y,
  ]);
}
