/**
 * What `align` and `run` add to the name of a photograph for each of its faces: the crop of face k of
 * `x.jpg` is `x.jpg_k.jpg` (or `.png`), the face itself `x.jpg#k`. Face 0 is the main one.
 */
import { IMAGE_NAME } from '../image/image-name.js';

const FACE_SUFFIX = /(?:#(\d+)|_(\d+)\.(?:jpg|png))$/;
/** Bytes of `.jpg` or `.png`. */
const CROP_ENDING = 4;
/** More bytes than the ending of a photograph's name, the number of one in an archive (`.jpeg;12`) and `_` have. */
const LONGEST_ENDING = 24;
/** What follows a name that several images of an archive have. */
const REPEATED = /;\d+$/;
const HASH = 0x23;
const ZERO = 0x30;
const NINE = 0x39;
const UNDERSCORE = 0x5f;

export interface FaceSuffix {
  /** Where it begins: the photograph's path ends there. */
  readonly start: number;
  /** The number of the face. */
  readonly face: number;
}

/**
 * The end of `path` that may be a face's. A photograph can have such a name too (`IMG_1.jpg`): whether
 * `IMG` is one, the caller has to know.
 */
export function faceSuffix(path: string): FaceSuffix | undefined {
  const match = FACE_SUFFIX.exec(path);
  if (match === null) return undefined;
  return { start: match.index, face: Number(match[1] ?? match[2]) };
}

/** Whether `path` is of a face besides the main one, by its name alone: `IMG_1.jpg` is not. */
export function isFurtherFace(path: Buffer): boolean {
  // Asked of millions of paths, most of which a few bytes settle.
  const end = isDigit(path[path.length - 1]) ? path.length : path.length - CROP_ENDING;
  let start = end;
  while (start > 0 && isDigit(path[start - 1])) start -= 1;
  const mark = path[start - 1];
  if (start === end || (mark !== HASH && mark !== UNDERSCORE)) return false;
  const name = path.toString('latin1', Math.max(0, start - LONGEST_ENDING));
  const suffix = faceSuffix(name);
  if (suffix === undefined || suffix.face === 0) return false;
  return mark === HASH || IMAGE_NAME.test(name.slice(0, suffix.start).replace(REPEATED, ''));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** `photo.jpg#0`: the face has no file of its own. */
export function facePath(photograph: Buffer, face: number): Buffer {
  return Buffer.concat([photograph, Buffer.from(`#${face}`)]);
}
