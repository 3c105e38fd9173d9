import { joinPath } from '../files/paths.js';
import { windowsSafe } from '../files/windows-safe.js';
import type { ImageFormat } from '../image/encode.js';

export interface CropFiles {
  readonly folder: Buffer;
  readonly format: ImageFormat;
  /** JPEG quality, 1..100; PNG is lossless. */
  readonly quality: number;
  /** Known when the run begins. */
  readonly rules?: CropRules;
}

/** What crops may not take the place of. */
export interface CropRules {
  /**
   * Crops of earlier runs are replaced: files written until this time, of the folder's file system and in
   * milliseconds. Undefined where there was no earlier run, and whatever is there is somebody else's.
   */
  readonly replaceable: number | undefined;
  /** Regular expression for names in the folder that are not for crops; undefined where all are. */
  readonly reserved: string | undefined;
}

/**
 * `FOLDER/sub/name.jpg_<face>.jpg` for the photograph `sub/name.jpg`: its whole relative path is kept, so
 * that photographs of the same name in two folders do not overwrite each other's faces.
 *
 * @param platform Windows has names of its own, which those of members of archives need not keep to
 */
export function cropPath(
  { folder, format }: CropFiles,
  relative: Buffer,
  face: number,
  platform = process.platform,
): Buffer {
  return joinPath(folder, cropName(relative, face, format, platform));
}

/** The same below FOLDER. */
export function cropName(
  relative: Buffer,
  face: number,
  format: ImageFormat,
  platform = process.platform,
): Buffer {
  const name = platform === 'win32' ? Buffer.from(windowsSafe(relative.toString())) : relative;
  return Buffer.concat([name, Buffer.from(`_${face}.${format}`)]);
}

/** Why no crops of the photograph can be written, as the part of a sentence; undefined where they can. */
export function cropObstacle({ rules }: CropFiles, relative: Buffer): string | undefined {
  const reserved = rules?.reserved;
  const [first] = relative.toString('latin1').split('/', 1);
  const isFolder = first.length < relative.length;
  return isFolder && reserved !== undefined && new RegExp(reserved, 'i').test(first)
    ? `the result cannot be written: its folder has the name of a file of results, ${first}`
    : undefined;
}
