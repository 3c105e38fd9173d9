import { joinPath } from '../files/paths.js';
import type { ImageFormat } from '../image/encode.js';

export interface CropFiles {
  readonly folder: Buffer;
  readonly format: ImageFormat;
  /** JPEG quality, 1..100; PNG is lossless. */
  readonly quality: number;
}

/**
 * `FOLDER/sub/name.jpg_<face>.jpg` for the photograph `sub/name.jpg`: its whole relative path is kept, so
 * that photographs of the same name in two folders do not overwrite each other's faces.
 */
export function cropPath({ folder, format }: CropFiles, relative: Buffer, face: number): Buffer {
  return joinPath(folder, Buffer.concat([relative, Buffer.from(`_${face}.${format}`)]));
}
