/** What `align` and `run` do with the faces of a photograph: write the crops, list them in the manifest. */
import { InputError } from '../errors.js';
import { type CropFiles, saveCrops } from '../output/crops.js';
import type { ManifestRow } from '../output/manifest.js';
import type { AlignedPhotograph } from '../pipelines/align.js';
import type { FailedInput } from '../pipelines/decoded.js';

/** Photographs whose crops are being written, at most. */
export const SAVING = 8;

export interface Saved<P extends AlignedPhotograph> {
  readonly photograph: P;
  /** Paths of the crops, in the order of the faces; undefined where none are kept. */
  readonly crops: readonly Buffer[] | undefined;
}

/** Writes the crops, where they are kept; a photograph whose crops cannot have their names fails. */
export async function savePhotograph<P extends AlignedPhotograph>(
  photograph: P,
  files: CropFiles | undefined,
): Promise<Saved<P> | FailedInput> {
  if (files === undefined) return { photograph, crops: undefined };
  const { file, faces } = photograph;
  try {
    const images = faces.map(({ crop }) => crop);
    return { photograph, crops: await saveCrops(files, file.relative, images) };
  } catch (error) {
    if (error instanceof InputError) return { path: file.path, reason: error.message };
    throw error;
  }
}

export function manifestRows<P extends AlignedPhotograph>(
  result: Saved<P> | FailedInput,
): ManifestRow[] {
  if ('reason' in result) {
    return [{ source: result.path, status: 'unreadable', reason: result.reason }];
  }
  const { photograph, crops } = result;
  const source = photograph.file.path;
  if (photograph.faces.length === 0) {
    return [{ source, status: 'no_face', reason: 'no face was found' }];
  }
  return photograph.faces.map(({ index, score, box, landmarks, matrix }) => ({
    source,
    face: index,
    crop: crops?.[index] ?? null,
    score,
    box,
    landmarks,
    matrix,
  }));
}
