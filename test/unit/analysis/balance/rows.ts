/** Rows of predictions for tests. */

import {
  Draw,
  type DrawnCell,
  type DrawOptions,
  FirstPass,
} from '../../../../src/analysis/balance/draw.js';
import type { PredictedFace } from '../../../../src/analysis/balance/face.js';
import { Random } from '../../../../src/analysis/composition/random.js';

export const OPTIONS: DrawOptions = {
  classNames: ['A', 'B', 'C'],
  isGrouped: false,
  minConfidence: 0,
  onePer: 'none',
  seed: 7,
  folder: Buffer.alloc(0),
};

/** Some faces of 200 identities, a few photographs each, with one to three faces; class 2 is rare. */
export function rows(n: number, seed = 0): PredictedFace[] {
  const random = Random.stream(seed, 'rows');
  const groups = ['north', 'south'];
  return Array.from({ length: n }, (_, k) => {
    const identity = Math.floor(k / 10) % 200;
    const photograph = Math.floor(k / 2000) * 5 + Math.floor((k % 10) / 2);
    const u = random.uniform();
    return {
      path: Buffer.from(`in/${identity}/${photograph}.jpg#${k % 2}`),
      label: u < 0.6 ? 0 : u < 0.95 ? 1 : 2,
      confidence: Math.round(1e6 * random.uniform()) / 1e6,
      group: groups[Math.floor(2 * random.uniform())],
    };
  });
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = Random.stream(seed, 'order');
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

export function drawn(
  faces: readonly PredictedFace[],
  perCell: number,
  changes: Partial<DrawOptions> = {},
): { cells: DrawnCell[]; draw: Draw; first: FirstPass } {
  const options = { ...OPTIONS, ...changes };
  const first = new FirstPass(options);
  for (const face of faces) first.add(face);
  const draw = new Draw(options, perCell, first);
  for (const face of faces) draw.add(face);
  return { cells: draw.finish(), draw, first };
}

/** `A north` and the like, with the paths drawn. */
export function paths(cells: readonly DrawnCell[]): Record<string, string[]> {
  return Object.fromEntries(
    cells.map(({ label, group, faces }) => [
      `${OPTIONS.classNames[label]}${group === null ? '' : ` ${group}`}`,
      faces.map(({ path }) => path.toString()),
    ]),
  );
}
