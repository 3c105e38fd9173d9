/** The faces of a photograph on their way out of a worker: crops are written, pixels let go. */
import { writeCropFile } from '../files/atomic.js';
import { InputError } from '../files/errors.js';
import { encodeRgb } from '../image/encode.js';
import { type CropFiles, cropObstacle, cropPath } from '../outputs/crops.js';
import { type FailedInput, failedBy, failedInput } from './failed-input.js';
import type { AlignedFace, Photograph } from './photograph.js';

/**
 * Writes the crops, where `files` says so; a photograph whose crops cannot have their names fails. A worker writes
 * them itself: encoded crops would cost more on their way to the main process than on the way to the disk.
 *
 * @param keepPixels whether the result still holds the crops
 * @throws UserError where the folder cannot be written
 */
export async function saveFaces<F extends AlignedFace>(
  photograph: Photograph<F>,
  files: CropFiles | undefined,
  keepPixels: boolean,
): Promise<Photograph<F> | FailedInput> {
  const { path, relative, faces } = photograph;
  const obstacle = files && cropObstacle(files, relative);
  if (obstacle !== undefined) return failedInput(path, obstacle);
  try {
    const paths = files && (await writeCrops(files, relative, faces));
    const saved = faces.map((face, index) => ({
      ...face,
      cropPath: paths?.[index],
      crop: keepPixels ? face.crop : undefined,
    }));
    return { ...photograph, faces: saved };
  } catch (error) {
    if (error instanceof InputError) return failedBy(path, error);
    throw error;
  }
}

/** @returns the paths written, in order of the faces, which are numbered from 0 */
async function writeCrops(
  files: CropFiles,
  relative: Buffer,
  faces: readonly AlignedFace[],
): Promise<Buffer[]> {
  const paths = faces.map((_, face) => cropPath(files, relative, face));
  const encoded = await Promise.all(
    faces.map(({ crop }) => encodeRgb(crop!, files.format, files.quality)),
  );
  for (const [face, content] of encoded.entries()) {
    await writeCropFile(paths[face], content, files.rules?.replaceable);
  }
  return paths;
}
