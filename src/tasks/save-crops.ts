/** The faces of a photograph on their way out: crops are written, pixels let go. */

import { writeFileAtomic } from '../files/atomic.js';
import { InputError } from '../files/errors.js';
import { encodeRgb } from '../image/encode.js';
import type { RgbImage } from '../image/image.js';
import type { ImageFile } from '../inputs/folder.js';
import { type CropFiles, cropPath } from '../outputs/crops.js';
import type { AlignedFace } from './align.js';
import { type FailedInput, failed } from './failed-input.js';

/** A face without its crop, but with where that was written, and the pixels where they are wanted. */
export type SavedFace<F extends AlignedFace = AlignedFace> = Omit<F, 'crop'> & {
  /** undefined where no crops are kept. */
  readonly cropPath: Buffer | undefined;
  readonly crop: RgbImage | undefined;
};

export interface SavedPhotograph<F extends AlignedFace = AlignedFace> {
  readonly file: ImageFile;
  readonly faces: readonly SavedFace<F>[];
}

/**
 * Writes the crops, where `files` says so; a photograph whose crops cannot have their names fails.
 *
 * @param keepPixels whether the result still holds the crops
 */
export async function saveFaces<F extends AlignedFace>(
  { file, faces }: { readonly file: ImageFile; readonly faces: readonly F[] },
  files: CropFiles | undefined,
  keepPixels: boolean,
): Promise<SavedPhotograph<F> | FailedInput> {
  try {
    const images = faces.map(({ crop }) => crop);
    const paths = files && (await saveCrops(files, file.relative, images));
    const saved = faces.map((face, index) => ({
      ...face,
      cropPath: paths?.[index],
      crop: keepPixels ? face.crop : undefined,
    }));
    return { file, faces: saved };
  } catch (error) {
    if (error instanceof InputError) return failed(file.path, error);
    throw error;
  }
}

/**
 * Writes the crops of one photograph, numbered from 0.
 *
 * @returns the paths written, in order
 * @throws InputError where a name becomes too long, UserError where the folder cannot be written
 */
async function saveCrops(
  files: CropFiles,
  relative: Buffer,
  crops: readonly RgbImage[],
): Promise<Buffer[]> {
  const paths = crops.map((_, face) => cropPath(files, relative, face));
  const encoded = await Promise.all(
    crops.map((crop) => encodeRgb(crop, files.format, files.quality)),
  );
  for (const [face, content] of encoded.entries()) await writeFileAtomic(paths[face], content);
  return paths;
}
