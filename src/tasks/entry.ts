/**
 * What the journal of a run (batch/journal.ts) keeps of a result: everything but pixels. JSON keeps every bit of
 * these numbers, so that a result that was kept cannot be told from one that has just been computed.
 */
import type { Box, Point } from '../detect/detector.js';
import type { AffineMatrix } from '../image/warp.js';

export type Entry = FailedEntry | PredictionEntry | PhotographEntry;

export interface FailedEntry {
  readonly kind: 'failed';
  readonly reason: string;
  readonly mayPass: boolean;
}

export interface PredictionEntry {
  readonly kind: 'prediction';
  readonly probabilities: readonly number[];
  readonly width: number;
  readonly height: number;
}

export interface PhotographEntry {
  readonly kind: 'photograph';
  readonly faces: readonly FaceEntry[];
}

export interface FaceEntry {
  readonly score: number;
  readonly box: Box;
  readonly landmarks: readonly [Point, Point, Point, Point, Point];
  readonly matrix: AffineMatrix;
  /** Where the face was classified. */
  readonly probabilities?: readonly number[];
}

/** The entry that a line of a journal holds; undefined where it holds none: journals are not trusted. */
export function parseEntry(value: Readonly<Record<string, unknown>>): Entry | undefined {
  const { kind, reason, mayPass, probabilities, width, height, faces } = value;
  switch (kind) {
    case 'failed':
      return typeof reason === 'string' && typeof mayPass === 'boolean'
        ? { kind, reason, mayPass }
        : undefined;
    case 'prediction':
      return isProbabilities(probabilities) && isSize(width) && isSize(height)
        ? { kind, probabilities, width, height }
        : undefined;
    case 'photograph':
      return Array.isArray(faces) && faces.every(isFace) ? { kind, faces } : undefined;
    default:
      return undefined;
  }
}

function isFace(value: unknown): value is FaceEntry {
  const { score, box, landmarks, matrix, probabilities } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof score === 'number' &&
    isNumbers(box, 4) &&
    isRows(landmarks, 5, 2) &&
    isRows(matrix, 2, 3) &&
    (probabilities === undefined || isProbabilities(probabilities))
  );
}

function isRows(value: unknown, rows: number, columns: number): boolean {
  return (
    Array.isArray(value) && value.length === rows && value.every((row) => isNumbers(row, columns))
  );
}

function isNumbers(value: unknown, length: number): boolean {
  return (
    Array.isArray(value) &&
    value.length === length &&
    value.every((number) => typeof number === 'number')
  );
}

function isProbabilities(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((share) => typeof share === 'number' && share >= 0 && share <= 1)
  );
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
