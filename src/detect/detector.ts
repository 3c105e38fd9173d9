import type { RgbImage } from '../image/image.js';

/** Corners in pixels, 0 = centre of the first pixel; x2 and y2 belong to the box. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

export type Point = readonly [x: number, y: number];

/** Names of the detectors. */
export const DETECTORS = ['mtcnn', 'ssd'] as const;

export type DetectorName = (typeof DETECTORS)[number];

/** One face; coordinates in pixels of the image that was searched, and may lie outside it. */
export interface Face {
  /** Probability of being a face, 0..1. */
  readonly score: number;
  readonly box: Box;
  /** Left eye, right eye, nose tip, left and right corner of the mouth; left and right as seen in the picture. */
  readonly landmarks: readonly [Point, Point, Point, Point, Point];
}

export interface FaceDetector {
  /** The faces of an image, best score first; none is an empty list. */
  detect(image: RgbImage): Promise<Face[]>;
  /** Lets go of the networks; nothing is searched after that. */
  release(): Promise<void>;
}
