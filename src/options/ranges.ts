/** Defaults and ranges of settings, the same for the commands' options and the library's. */

export interface Range {
  readonly least: number;
  /** Number.MAX_VALUE where there is no bound. */
  readonly most: number;
}

/** What a message expects of a number. */
export function numberIn({ least, most }: Range): string {
  return most === Number.MAX_VALUE
    ? `a number of at least ${least}`
    : `a number from ${least} to ${most}`;
}

/** What a message expects of a whole number. */
export function wholeNumberIn({ least, most }: Range): string {
  return `a whole number from ${least} to ${most}`;
}

export const FRACTION: Range = { least: 0, most: 1 };

export const MAX_MEGAPIXELS = 933;
/**
 * The classifier sees an image at its full size: with 12 megapixels a worker takes up to 1.7 GB, with 14 already
 * 2.4 GB (ResNet-18 on the CPU).
 */
export const MAX_MEGAPIXELS_OF_FACES = 12;
export const MEGAPIXELS_RANGE: Range = { least: 0.000001, most: 1_000_000 };

export const CROP_SIZE_RANGE: Range = { least: 1, most: 4096 };

export const CROP_QUALITY = 95;
export const QUALITY_RANGE: Range = { least: 1, most: 100 };

/** P-Net sees 12 pixels; smaller faces would need the photograph enlarged. */
export const FACE_SIZE_RANGE: Range = { least: 12, most: Number.MAX_VALUE };

export const BATCH_RANGE: Range = { least: 1, most: 4096 };
/** Faces in a run of the classifier: it is fastest on some ten crops at once, and no faster on more. */
export const FACES_IN_A_RUN = 16;
/** Where faces come from photographs: every run has so many, the last one repeated, and most have few. */
export const FACES_OF_PHOTOGRAPHS_IN_A_RUN = 4;

/** Share of an identity's drawn images that has to be of a class, and how many are drawn: the paper's. */
export const THRESHOLD = 0.8;
export const MAX_PER_IDENTITY = 20;
/** Twice as many images of an identity are held at a time. */
export const MAX_PER_IDENTITY_RANGE: Range = { least: 1, most: 1_000_000 };
export const SEED_RANGE: Range = { least: 0, most: 2 ** 32 - 1 };
export const MIN_IMAGES_RANGE: Range = { least: 1, most: Number.MAX_SAFE_INTEGER };

/** Seconds. */
export const IMAGE_TIMEOUT = 60;
export const TIMEOUT_RANGE: Range = { least: 0, most: 86_400 };

export const WORKERS_RANGE: Range = { least: 1, most: 1024 };

/** Level of an interval: between these it means something, and can be computed. */
export const LEVEL_RANGE: Range = { least: 0.5, most: 0.9999 };
/** Fewer draws have no percentiles to speak of. */
export const SAMPLES_RANGE: Range = { least: 100, most: 1_000_000 };
/** So many faces are held of each class, in each group. */
export const PER_CLASS_RANGE: Range = { least: 1, most: 10_000_000 };
