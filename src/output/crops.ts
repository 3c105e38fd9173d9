import { encodeImage, type ImageFormat } from '../image/encode.js';
import type { RgbImage } from '../image/image.js';
import { joinPath } from '../image/paths.js';
import { writeFileAtomic } from './atomic.js';

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

/**
 * Writes the crops of one photograph, numbered from 0.
 *
 * @returns the paths written, in order
 * @throws InputError where a name becomes too long, UserError where the folder cannot be written
 */
export async function saveCrops(
  files: CropFiles,
  relative: Buffer,
  crops: readonly RgbImage[],
): Promise<Buffer[]> {
  const paths = crops.map((_, face) => cropPath(files, relative, face));
  const encoded = await Promise.all(
    crops.map((crop) => encodeImage(crop, files.format, files.quality)),
  );
  for (const [face, content] of encoded.entries()) await writeFileAtomic(paths[face], content);
  return paths;
}
