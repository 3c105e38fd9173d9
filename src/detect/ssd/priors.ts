/**
 * The prior boxes of SSD (Liu et al., "SSD: Single Shot MultiBox Detector", 2016) as TensorFlow's object detection
 * API lays them out (create_ssd_anchors, anchor_generators/multiple_grid_anchor_generator.py), for the detector's
 * six feature maps. A test compares them with the table in the package's weights.
 */

/** A box by its centre and sides, in units of the input's side. */
export interface Prior {
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

/** Places along a side of each feature map. */
const GRIDS = [32, 16, 8, 4, 2, 1] as const;

/** Scale of the first and of the last feature map; those between are spaced evenly. */
const SMALLEST = 0.2;
const LARGEST = 0.95;
/** The first feature map has a small box besides, and takes few. */
const SMALL_SCALE = 0.1;

/** Width by height, after the square boxes. */
const FIRST_RATIOS = [2, 1 / 2];
const RATIOS = [2, 1 / 2, 3, 1 / 3];

/** One for each row of the detector's outputs: by feature map, row, column, shape. */
export const PRIORS: readonly Prior[] = GRIDS.flatMap((grid, map) => {
  const shapes = shapesOf(map);
  const priors: Prior[] = [];
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const y = (row + 0.5) / grid;
      const x = (column + 0.5) / grid;
      for (const shape of shapes) priors.push({ y, x, ...shape });
    }
  }
  return priors;
});

function shapesOf(map: number): Pick<Prior, 'height' | 'width'>[] {
  const scale = scaleOf(map);
  const shape = (side: number, ratio = 1) => ({
    height: side / Math.sqrt(ratio),
    width: side * Math.sqrt(ratio),
  });
  const square = map === 0 ? [SMALL_SCALE] : [scale, Math.sqrt(scale * scaleOf(map + 1))];
  const ratios = map === 0 ? FIRST_RATIOS : RATIOS;
  return [...square.map((side) => shape(side)), ...ratios.map((ratio) => shape(scale, ratio))];
}

/** After the last feature map comes the whole picture. */
function scaleOf(map: number): number {
  const last = GRIDS.length - 1;
  return map > last ? 1 : SMALLEST + ((LARGEST - SMALLEST) * map) / last;
}
