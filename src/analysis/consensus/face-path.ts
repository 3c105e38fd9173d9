/**
 * What a prediction's path says: whose image it is, and where it stands in the order of a listing.
 * The identity is the folder: of `people/ann/3.jpg`, of its crop `people/ann/3.jpg_0.jpg` and of its
 * face `people/ann/3.jpg#0` it is `people/ann`.
 */

const SLASH = 0x2f;
const DOT = 0x2e;
const HASH = 0x23;
const ZERO = 0x30;
const NINE = 0x39;

/** Name of the identity whose images lie in no folder. */
const NO_FOLDER = Buffer.from('.');

/** `path` without the `./` it may begin with: both spellings are the same file. */
export function withoutDotSlash(path: Buffer): Buffer {
  let start = 0;
  while (path[start] === DOT && path[start + 1] === SLASH) start += 2;
  return start === 0 ? path : path.subarray(start);
}

/** Length of the folder part, with its slash; 0 where there is none. */
export function folderLength(path: Buffer): number {
  return path.lastIndexOf(SLASH) + 1;
}

/** Identity of a folder part: without the slash at its end, `.` for none, `/` for the root. */
export function identityName(folder: Buffer): Buffer {
  if (folder.length === 0) return NO_FOLDER;
  let end = folder.length;
  while (end > 1 && folder[end - 1] === SLASH) end -= 1;
  return folder.subarray(0, end);
}

/** Where the last two parts of a path, `folder/file`, begin. */
export function lastTwoParts(path: Buffer): number {
  const folder = identityName(path.subarray(0, folderLength(path)));
  return folder === NO_FOLDER ? 0 : folder.lastIndexOf(SLASH) + 1;
}

/**
 * The order in which `align`, `infer` and `run` write: byte order of the image's path, which takes
 * folders as `name/`, then of the face's number (`x.jpg#9` before `x.jpg#10`). Negative where `left`
 * comes first, 0 only for equal paths.
 */
export function compareFacePaths(left: Buffer, right: Buffer): number {
  const leftEnd = imageLength(left);
  const rightEnd = imageLength(right);
  return (
    left.compare(right, 0, rightEnd, 0, leftEnd) ||
    left.length - leftEnd - (right.length - rightEnd) ||
    left.compare(right, rightEnd, right.length, leftEnd, left.length)
  );
}

/** Length of a face's path without its `#<number>`. */
function imageLength(path: Buffer): number {
  let at = path.length;
  while (at > 0 && path[at - 1] >= ZERO && path[at - 1] <= NINE) at -= 1;
  return at < path.length && path[at - 1] === HASH ? at - 1 : path.length;
}
