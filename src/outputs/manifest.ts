/**
 * `align_manifest.jsonl`: one JSON object a line, for each face where it was found and how it was
 * cut out, and for each image without one why.
 */

import path from 'node:path';
import { AtomicFile, type StagedFile } from '../files/atomic.js';
import { pathText } from '../files/paths.js';
import type { Sink } from './sink.js';

type Point = readonly [x: number, y: number];
type MatrixRow = readonly [number, number, number];

/** Coordinates are pixels of the original upright image, (0, 0) the centre of the first pixel. */
export interface FaceRow {
  kind: 'face';
  /** The image file. */
  source: Buffer;
  /** 0 for the face of the best score. */
  face: number;
  /** The file of the crop; null when none is kept. */
  crop: Buffer | null;
  score: number;
  box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Left eye, right eye, nose, left and right corner of the mouth, as seen in the image. */
  landmarks: readonly Point[];
  /** Maps image coordinates to crop coordinates. */
  matrix: readonly [MatrixRow, MatrixRow];
  /** Number of the better face that it overlaps (detect/overlaps.ts). */
  overlaps: number | null;
}

export interface StatusRow {
  kind: 'status';
  source: Buffer;
  status: 'no_face' | 'unreadable';
  reason: string;
}

export type ManifestRow = FaceRow | StatusRow;

export const MANIFEST_NAME = 'align_manifest.jsonl';

/** float32 scores below 1 differ by at least 6e-8. */
const SCORE_DECIMALS = 8;
/** float32 coordinates beyond 1024 differ by at least 1e-4 pixels. */
const COORDINATE_DECIMALS = 4;
/** Over an image 100,000 pixels wide, less than 1e-4 pixels off. */
const MATRIX_DIGITS = 10;

export class Manifest implements Sink<ManifestRow> {
  readonly owns = [MANIFEST_NAME];
  private file: AtomicFile | undefined;

  constructor(private readonly folder: string) {}

  async open(): Promise<void> {
    this.file = await AtomicFile.create(path.join(this.folder, MANIFEST_NAME));
  }

  async write(row: ManifestRow): Promise<void> {
    await this.file?.write(`${formatRow(row)}\n`);
  }

  async seal(): Promise<readonly StagedFile[]> {
    return this.file === undefined ? [] : [await this.file.seal()];
  }

  async suspend(): Promise<void> {
    await this.seal();
  }

  async discard(): Promise<void> {
    await this.file?.discard();
  }
}

/** `row` as one line of JSON, without its line end. */
export function formatRow(row: ManifestRow): string {
  const source = pathText(row.source);
  if (row.kind === 'status')
    return JSON.stringify({ source, status: row.status, reason: row.reason });
  const coordinate = (value: number) => Number(value.toFixed(COORDINATE_DECIMALS));
  return JSON.stringify({
    source,
    face: row.face,
    crop: row.crop && pathText(row.crop),
    score: Number(row.score.toFixed(SCORE_DECIMALS)),
    box: row.box.map(coordinate),
    landmarks: row.landmarks.map((point) => point.map(coordinate)),
    matrix: row.matrix.map((values) =>
      values.map((value) => Number(value.toPrecision(MATRIX_DIGITS))),
    ),
    overlaps: row.overlaps,
  });
}
