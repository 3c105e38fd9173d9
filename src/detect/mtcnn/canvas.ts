/**
 * P-Net on canvases of few sizes, with the results of the image alone.
 *
 * The levels of photographs' pyramids have hundreds of sizes, and a GPU's libraries prepare for each. So a
 * level is put into the lower right corner of a somewhat larger canvas and the cells that see it are cut out.
 * Their values are those of the level alone:
 * - P-Net's convolutions have no padding, so a cell depends on the 12 x 12 pixels it looks at and no others.
 * - Its pooling takes pairs of pixels from the left and the top on. The canvas is larger by an even number of
 *   pixels, so the same pixels make pairs: the level's cell i is the canvas's cell offset / 2 + i.
 * - Where a level's side is odd, its last pair lacks a pixel and pooling takes the one that is there (ceil
 *   mode). The level ends where the canvas ends, so the pair lacks it there too. In the upper left corner a
 *   pixel of the padding would take its place and change the last row and column.
 */
import type { Session, Tensor } from '../../runtime/onnxruntime.js';
import { STRIDE } from './seen.js';

/** Canvases begin here, pixels: P-Net's smallest input is 12. */
const SMALLEST = 16;

/**
 * Side of the canvas for a level's side, pixels, of the same parity: 16, 24, 32, 48, 64, 96, ... for even
 * sides, each one more for odd ones; 34 sizes reach 4,097 pixels. Beyond 16 pixels at most 2.25 times the
 * level's area.
 */
export function canvasSide(side: number): number {
  const odd = side % 2;
  let power = SMALLEST;
  while (power * 2 + odd <= side) power *= 2;
  return [power, power * 1.5, power * 2].map((even) => even + odd).find((wide) => wide >= side)!;
}

/**
 * @param level [1, planes, side, side]
 * @returns P-Net's outputs for the level, [1, planes, cells, cells] each
 */
export async function runOnCanvas(pnet: Session, level: Tensor): Promise<Record<string, Tensor>> {
  const side = level.dims[3];
  const wide = canvasSide(side);
  if (wide === side) return pnet.run({ input: level });
  const outputs = await pnet.run({ input: place(level, wide) });
  const skip = (wide - side) / STRIDE;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, cells]) => [name, cutLowerRight(cells, skip)]),
  );
}

/** Zeros with the level in the lower right corner. */
function place({ data, dims: [, planes, side] }: Tensor, wide: number): Tensor {
  const canvas = new Float32Array(planes * wide * wide);
  const offset = wide - side;
  for (let row = 0; row < planes * side; row++) {
    const plane = Math.floor(row / side);
    const y = offset + (row % side);
    const from = data.subarray(row * side, (row + 1) * side);
    canvas.set(from, (plane * wide + y) * wide + offset);
  }
  return { data: canvas, dims: [1, planes, wide, wide] };
}

/** Without the first rows and columns of each plane. */
function cutLowerRight({ data, dims: [, planes, cells] }: Tensor, skip: number): Tensor {
  const kept = cells - skip;
  const cut = new Float32Array(planes * kept * kept);
  for (let row = 0; row < planes * kept; row++) {
    const plane = Math.floor(row / kept);
    const from = (plane * cells + skip + (row % kept)) * cells + skip;
    cut.set(data.subarray(from, from + kept), row * kept);
  }
  return { data: cut, dims: [1, planes, kept, kept] };
}
