import type { ManifestRow } from '../outputs/manifest.js';
import type { FailedInput } from './failed-input.js';
import type { SavedPhotograph } from './save-crops.js';

/** What `align` and `run` write of a photograph into the manifest. */
export function manifestRows(result: SavedPhotograph | FailedInput): ManifestRow[] {
  if ('reason' in result) {
    return [{ source: result.path, status: 'unreadable', reason: result.reason }];
  }
  const source = result.file.path;
  if (result.faces.length === 0) {
    return [{ source, status: 'no_face', reason: 'no face was found' }];
  }
  return result.faces.map(({ index, cropPath, score, box, landmarks, matrix }) => ({
    source,
    face: index,
    crop: cropPath ?? null,
    score,
    box,
    landmarks,
    matrix,
  }));
}
