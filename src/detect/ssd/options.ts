export interface SsdOptions {
  /** A face is found if its score exceeds this, 0..1. */
  readonly minConfidence: number;
}

/** face-api's. */
export const SSD_DEFAULTS: SsdOptions = { minConfidence: 0.5 };
