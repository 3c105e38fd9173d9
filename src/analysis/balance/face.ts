/** A row of predictions, as far as a balanced list is concerned with it. */

import { xxh32 } from '../../files/xxh32.js';
import { IMAGE_NAME } from '../../image/image-name.js';
import { faceSuffix } from '../../inputs/face-name.js';
import { folderLength, identityName, withoutDotSlash } from '../consensus/face-path.js';
import type { CountedFace } from '../results/each-face.js';

export type PredictedFace = CountedFace;

/** Of what a list has one face at most. */
export type OnePer = 'none' | 'photograph' | 'identity';

/** Goes into the record: with it a draw can be repeated by other means. */
export const DRAW_METHOD =
  'the smallest XXH32 hashes of the path below the input folder, the seed being that of the hash; of equal hashes the first path in byte order';

const HASH = 0x23;

/** The part of the path that names what has one face at most; the whole path for `none`. */
export function keyOf(given: Buffer, onePer: OnePer): Buffer {
  const path = withoutDotSlash(given);
  if (onePer === 'none') return path;
  if (onePer === 'identity') return identityName(path.subarray(0, folderLength(path)));
  return photographOf(path);
}

/**
 * The photograph of `x.jpg#1` and of the crop `x.jpg_1.jpg` is `x.jpg`; any other file is its own. A photograph that
 * is called as a crop is taken for one.
 */
function photographOf(path: Buffer): Buffer {
  const name = path.toString('latin1');
  const suffix = faceSuffix(name);
  if (suffix === undefined) return path;
  const isFace = path[suffix.start] === HASH || IMAGE_NAME.test(name.slice(0, suffix.start));
  return isFace ? path.subarray(0, suffix.start) : path;
}

/**
 * The keyed hash by which faces are drawn, 0 .. 2^32 - 1.
 *
 * Consensus hashes the last two parts of a path, since its images lie in a folder an identity. Here that would give
 * all `session1/1.jpg` of a data set one hash, and the list the first of them by name. So the whole path counts, but
 * for the input folder, which may be spelled in another way on another machine.
 *
 * @param folder that does not count, with its slash; may be empty
 * @param seed 0 .. 2^32 - 1
 */
export function hashOf(path: Buffer, folder: Buffer, seed: number): number {
  const isBelow = folder.length > 0 && path.indexOf(folder) === 0;
  const below = isBelow ? path.subarray(folder.length) : withoutDotSlash(path);
  return xxh32(below, 0, seed);
}
