/** What the second and third stage have in common: their boxes, cut out of the image and run in batches. */
import type { Session, Tensor } from '../../runtime/onnxruntime.js';
import { type Candidate, clip } from './boxes.js';
import { type PaddedImage, resizePadded } from './padding.js';
import { normalize } from './preprocess.js';

/** Cut-outs in one network run: bounds memory in a crowd (O-Net needs about 0.5 MB for each). */
const BATCH = 128;

/** Batches for a session that prefers few shapes: most photographs have few faces, some a crowd. */
const PADDED_BATCHES = [16, BATCH];

/** One candidate with its row of every output of the network. */
export interface Scored {
  /** Clipped to the image: the reference cuts out in a way that also clips, and goes on with that box. */
  readonly candidate: Candidate;
  /** Probability of a face, 0..1. */
  readonly score: number;
  readonly offsets: Candidate['offsets'];
  /** O-Net's five x, then five y, in units of the box's sides; empty for R-Net. */
  readonly landmarks: Float32Array;
}

/**
 * Runs R-Net or O-Net on candidates with whole-pixel corners. Those that lie outside the image altogether
 * are left out (the reference fails on them).
 *
 * @param size side of the network's input, pixels
 */
export async function scoreCutouts(
  network: Session,
  size: number,
  padded: PaddedImage,
  candidates: readonly Candidate[],
): Promise<Scored[]> {
  const inside = candidates.filter((candidate) => {
    const { x1, y1, x2, y2 } = clip(candidate, padded.side);
    return x1 <= x2 && y1 <= y2;
  });
  const scored: Scored[] = [];
  for (let from = 0; from < inside.length; from += BATCH) {
    const batch = inside.slice(from, from + BATCH);
    const rows = network.prefersFewShapes ? paddedRows(batch.length) : batch.length;
    const outputs = await network.run({ input: cutOut(padded, batch, size, rows) });
    for (const [row, candidate] of batch.entries()) {
      const [dx1, dy1, dx2, dy2] = rowOf(outputs.boxes, row);
      scored.push({
        candidate: clip(candidate, padded.side),
        score: rowOf(outputs.probabilities, row)[1],
        offsets: [dx1, dy1, dx2, dy2],
        landmarks: outputs.landmarks ? rowOf(outputs.landmarks, row) : new Float32Array(0),
      });
    }
  }
  return scored;
}

/** Rows of the padded batch: a network treats each by itself, so those added change nothing. */
function paddedRows(rows: number): number {
  return PADDED_BATCHES.find((batch) => batch >= rows) ?? rows;
}

/**
 * The unclipped boxes, black outside the image, resized to the network's input [rows, 3, size, size]; rows
 * without a candidate are zero.
 */
function cutOut(
  padded: PaddedImage,
  candidates: readonly Candidate[],
  size: number,
  rows: number,
): Tensor {
  const length = 3 * size * size;
  const data = new Float32Array(rows * length);
  const cutouts = candidates.map(({ x1, y1, x2, y2 }) => ({
    window: { x: x1, y: y1, width: x2 - x1 + 1, height: y2 - y1 + 1 },
    width: size,
    height: size,
  }));
  let start = 0;
  for (const pixels of resizePadded(padded, cutouts)) {
    normalize(pixels, data, start);
    start += length;
  }
  return { data, dims: [rows, 3, size, size] };
}

function rowOf({ data, dims }: Tensor, row: number): Float32Array {
  return data.subarray(row * dims[1], (row + 1) * dims[1]);
}
