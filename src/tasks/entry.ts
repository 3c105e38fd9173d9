/**
 * What is kept of a result in the journal of a run (output/journal.ts), and the way back: a result that was
 * kept cannot be told from one that has just been computed, but for the pixels, which are not kept.
 */

import { mostProbable } from '../classify/labels.js';
import type { Point } from '../detect/detector.js';
import type { RgbImage } from '../image/image.js';
import type { AffineMatrix } from '../image/warp.js';
import type { ImageFile, UnreadableFolder } from '../inputs/folder.js';
import { type CropFiles, cropPath } from '../outputs/crops.js';
import type { AlignedFace } from './align.js';
import type { FailedInput } from './failed-input.js';
import type { Prediction } from './infer.js';
import type { ClassifiedFace } from './run.js';
import type { SavedFace, SavedPhotograph } from './save-crops.js';

/** JSON keeps every bit of these numbers. */
export type Entry = FailedEntry | PredictionEntry | PhotographEntry;

export interface FailedEntry {
  readonly reason: string;
  readonly mayPass: boolean;
}

export interface PredictionEntry {
  readonly probabilities: readonly number[];
  readonly width: number;
  readonly height: number;
}

export interface PhotographEntry {
  readonly faces: readonly FaceEntry[];
}

export interface FaceEntry {
  readonly score: number;
  readonly box: readonly [number, number, number, number];
  readonly landmarks: readonly [Point, Point, Point, Point, Point];
  readonly matrix: AffineMatrix;
  /** Where the face was classified. */
  readonly probabilities?: readonly number[];
}

/** An input that an earlier run has finished. */
export interface FinishedImage extends ImageFile {
  readonly entry: Entry;
}

/** An image that is in memory already: the content of a file, or pixels. */
export interface MemoryImage extends ImageFile {
  readonly content: Buffer | RgbImage;
}

export type InputImage = ImageFile | FinishedImage | MemoryImage;

/** What the pipelines take; a finished image comes only where its pixels are wanted. */
export type Input = InputImage | UnreadableFolder;

export function entryOf(
  result: Prediction | SavedPhotograph | SavedPhotograph<ClassifiedFace> | FailedInput,
): Entry {
  if ('reason' in result) return { reason: result.reason, mayPass: result.mayPass ?? false };
  if ('faces' in result) return { faces: result.faces.map(faceEntry) };
  const { probabilities, width, height } = result;
  return { probabilities: Array.from(probabilities), width, height };
}

function faceEntry(face: SavedFace | SavedFace<ClassifiedFace>): FaceEntry {
  const { score, box, landmarks, matrix } = face;
  const found = { score, box, landmarks, matrix };
  return 'probabilities' in face
    ? { ...found, probabilities: Array.from(face.probabilities) }
    : found;
}

/** @throws Error where the entry is that of another command */
export function finishedPrediction(
  { path, entry }: FinishedImage,
  classNames: readonly string[],
): Prediction | FailedInput {
  if ('reason' in entry) return { path, ...entry };
  if ('faces' in entry) throw new Error('expected a prediction in the journal, found faces');
  const { width, height } = entry;
  return { path, ...classOf(entry, classNames), width, height, image: undefined };
}

/**
 * @param crops where the crops of the faces lie; undefined where none are kept
 * @throws Error where the entry is that of another command
 */
export function finishedFaces(
  file: FinishedImage,
  crops: CropFiles | undefined,
): SavedPhotograph | FailedInput {
  return photographOf(file, (face, index) => found(face, index, file, crops));
}

/** The same for faces that were classified. */
export function finishedClassifiedFaces(
  file: FinishedImage,
  crops: CropFiles | undefined,
  classNames: readonly string[],
): SavedPhotograph<ClassifiedFace> | FailedInput {
  return photographOf(file, (face, index) => ({
    ...found(face, index, file, crops),
    ...classOf(face, classNames),
  }));
}

/** Label and probabilities of what was classified. */
export function classOf(
  { probabilities: kept }: Pick<FaceEntry, 'probabilities'>,
  classNames: readonly string[],
): Pick<ClassifiedFace, 'label' | 'probabilities'> {
  if (kept === undefined) throw new Error('expected probabilities in the journal, found none');
  const probabilities = Float32Array.from(kept);
  return { label: mostProbable(probabilities, classNames), probabilities };
}

function photographOf<F extends AlignedFace>(
  file: FinishedImage,
  faceOf: (face: FaceEntry, index: number) => SavedFace<F>,
): SavedPhotograph<F> | FailedInput {
  const { path, relative, entry } = file;
  if ('reason' in entry) return { path, ...entry };
  if (!('faces' in entry)) throw new Error('expected faces in the journal, found a prediction');
  return { file: { path, relative }, faces: entry.faces.map(faceOf) };
}

function found(
  { score, box, landmarks, matrix }: FaceEntry,
  index: number,
  { relative }: ImageFile,
  crops: CropFiles | undefined,
): SavedFace {
  const path = crops && cropPath(crops, relative, index);
  return { index, score, box, landmarks, matrix, cropPath: path, crop: undefined };
}
