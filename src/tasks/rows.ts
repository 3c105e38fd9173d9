/** From results of tasks to the rows of the files of results. */
import { overlaps } from '../detect/overlaps.js';
import { facePath } from '../inputs/face-name.js';
import type { GridFace } from '../outputs/grid.js';
import type { ManifestRow } from '../outputs/manifest.js';
import type { PredictionRow } from '../outputs/predictions.js';
import type { ReportRow } from '../outputs/report/report.js';
import type { TaskResult } from './job.js';
import type { AlignedFace, ClassifiedFace } from './photograph.js';

/** Whether the face was classified, as those of `run` are. */
function isClassified(face: AlignedFace): face is ClassifiedFace {
  return (face as Partial<ClassifiedFace>).label !== undefined;
}

export function predictionRows(result: TaskResult): PredictionRow[] {
  switch (result.kind) {
    case 'failed':
      return [{ kind: 'failed', path: result.path, reason: result.reason }];
    case 'prediction':
      return [result];
    case 'photograph': {
      const better = overlaps(result.faces);
      return result.faces.filter(isClassified).map(({ index, label, probabilities }) => ({
        kind: 'prediction',
        path: facePath(result.path, index),
        label,
        probabilities,
        overlaps: better[index],
      }));
    }
  }
}

export function manifestRows(result: TaskResult): ManifestRow[] {
  if (result.kind === 'failed') {
    return [{ kind: 'status', source: result.path, status: 'unreadable', reason: result.reason }];
  }
  if (result.kind === 'prediction') return [];
  const { path: source, faces } = result;
  if (faces.length === 0) {
    return [{ kind: 'status', source, status: 'no_face', reason: 'no face was found' }];
  }
  const better = overlaps(faces);
  return faces.map(({ index, cropPath, score, box, landmarks, matrix }) => ({
    kind: 'face',
    source,
    face: index,
    crop: cropPath ?? null,
    score,
    box,
    landmarks,
    matrix,
    overlaps: better[index],
  }));
}

export function gridFaces(result: TaskResult): GridFace[] {
  if (result.kind === 'failed') return [];
  const faces =
    result.kind === 'prediction'
      ? [result]
      : result.faces.filter(isClassified).map((face) => ({ ...face, image: face.crop }));
  return faces.flatMap(({ image, label, probabilities }) =>
    image === undefined ? [] : [{ image, label, confidence: Math.max(...probabilities) }],
  );
}

export function reportRows(result: TaskResult): ReportRow[] {
  switch (result.kind) {
    case 'failed':
      return [{ kind: 'failed', path: result.path, reason: result.reason }];
    case 'prediction': {
      const { path, label, probabilities, image } = result;
      return image === undefined ? [] : [{ kind: 'face', path, label, probabilities, image }];
    }
    case 'photograph': {
      const { path, faces } = result;
      const outcome = faces.length === 0 ? 'no_face' : 'with_face';
      const better = overlaps(faces);
      const shown = faces.flatMap((face) => shownFace(path, face, better[face.index]));
      return [{ kind: 'photograph', path, outcome }, ...shown];
    }
  }
}

function shownFace(photograph: Buffer, face: AlignedFace, better: number | null): ReportRow[] {
  if (!isClassified(face) || face.crop === undefined) return [];
  const { index, label, probabilities, crop: image } = face;
  const path = facePath(photograph, index);
  return [{ kind: 'face', path, label, probabilities, image, overlaps: better }];
}
