/**
 * The second detector: SSD MobileNet v1 and the 68-point landmark network of @vladmandic/face-api 1.7.15.
 */
import type { RgbImage } from '../../image/image.js';
import type { Session } from '../../runtime/onnxruntime.js';
import type { Face, FaceDetector } from '../detector.js';
import { fivePoints } from './five-points.js';
import { placeLandmarks } from './landmarks.js';
import { locate } from './locate.js';
import { SSD_DEFAULTS, type SsdOptions } from './options.js';

/** The two networks, as convert/ssd-graph.ts and convert/landmark-graph.ts write them. */
export interface SsdNetworks {
  readonly ssd: Session;
  readonly landmarks: Session;
}

export class Ssd implements FaceDetector {
  constructor(
    private readonly networks: SsdNetworks,
    private readonly options: SsdOptions = SSD_DEFAULTS,
  ) {}

  async detect(image: RgbImage): Promise<Face[]> {
    const { ssd, landmarks } = this.networks;
    const boxes = await locate(ssd, image, this.options.minConfidence);
    const placed = await placeLandmarks(landmarks, image, boxes);
    return placed.map(({ box: { score, left, top, right, bottom }, points }) => ({
      score,
      // Edges to first and last pixel: the box's side is right - left pixels.
      box: [left, top, right - 1, bottom - 1],
      landmarks: fivePoints(points),
    }));
  }

  async release(): Promise<void> {
    for (const network of Object.values(this.networks)) await network.release?.();
  }
}
