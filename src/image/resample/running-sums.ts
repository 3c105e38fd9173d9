/** The way of rows through the kernel's running sums, which all levels of a pyramid share. */
import type { RgbImage } from '../image.js';
import { SUMMED_ROWS, SUMS } from './kernel.js';
import type { PlacedLevel } from './level.js';
import type { Workspace } from './workspace.js';

/** Rows of the image from `y` on that are summed together, and the levels that they are part of. */
export interface Pass {
  readonly y: number;
  /** What of the rows the levels cover, without a gap; pixels of the image. */
  readonly left: number;
  right: number;
  readonly levels: PlacedLevel[];
}

/** One pass after the other over the rows that the levels cover. */
export function planPasses(levels: readonly PlacedLevel[]): Pass[] {
  const fromLeft = levels.toSorted((a, b) => a.part.left - b.part.left);
  const end = Math.max(...levels.map(({ part }) => part.bottom));
  const passes: Pass[] = [];
  for (let y = Math.min(...levels.map(({ part }) => part.top)); y < end; y += SUMMED_ROWS) {
    let pass: Pass | undefined;
    for (const level of fromLeft) {
      const { left, right, top, bottom } = level.part;
      if (top >= y + SUMMED_ROWS || bottom <= y) continue;
      if (pass === undefined || left > pass.right) {
        pass = { y, left, right, levels: [] };
        passes.push(pass);
      }
      pass.right = Math.max(pass.right, right);
      pass.levels.push(level);
    }
  }
  return passes;
}

/** Filters the rows of the levels of a pass in one channel. */
export function filterBySums(
  { kernel }: Workspace,
  plane: number,
  image: RgbImage,
  { y, left, right, levels }: Pass,
  sums: number,
): void {
  const stride = image.width;
  const row = plane + y * stride;
  const count = Math.min(SUMMED_ROWS, image.height - y);
  kernel.sumRows(row + left, stride, count, right - left, sums);
  for (const { part, narrowed, width, columns, ramps } of levels) {
    kernel.filterSums(
      sums + (part.left - left) * SUMS,
      row + part.left,
      stride,
      count,
      narrowed + (y - part.top) * width,
      width,
      ramps as number,
      ...columns,
    );
  }
}
