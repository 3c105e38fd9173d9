/** Options checked, defaults filled in. */

import type { DrawOptions } from '../analysis/consensus/draw.js';
import {
  type Fraction,
  parseThreshold,
  type Rule,
  THRESHOLDS,
} from '../analysis/consensus/rule.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import { DETECTORS, type DetectorName } from '../detect/detector.js';
import { type MtcnnOptions, PUBLISHED_OPTIONS } from '../detect/mtcnn/mtcnn.js';
import { SSD_DEFAULTS } from '../detect/ssd/ssd.js';
import { invalidOption, UserError } from '../files/errors.js';
import type { DecodeOptions } from '../image/decode.js';
import type { DetectorRequest } from '../models/detectors.js';
import {
  BATCH_RANGE,
  CROP_QUALITY,
  CROP_SIZE_RANGE,
  FACE_SIZE_RANGE,
  FRACTION,
  MAX_MEGAPIXELS,
  MAX_PER_IDENTITY,
  MAX_PER_IDENTITY_RANGE,
  MEGAPIXELS_RANGE,
  MIN_IMAGES_RANGE,
  QUALITY_RANGE,
  SEED_RANGE,
  THRESHOLD,
  WORKERS_RANGE,
} from '../options/ranges.js';
import { DEVICES, type DeviceRequest } from '../runtime/devices.js';
import type { AlignOptions } from '../tasks/align.js';
import { checkNames, flag, isFraction, number, oneOf, whole } from './checks.js';
import type { ConvertOptions, EncodeOptions } from './files.js';
import type { IdentityOptions } from './identities.js';
import type { AlignerOptions, ClassifierOptions, ComputeOptions } from './options.js';

const COMPUTE = ['device', 'workers', 'ignoreExif', 'maxMegapixels'] as const;
/** Options of one detector, which the other refuses. */
const OPTIONS_OF = {
  mtcnn: ['minFaceSize', 'thresholds', 'nmsThresholds', 'mtcnnPytorchPath'],
  ssd: ['minConfidence'],
} as const satisfies Record<DetectorName, readonly (keyof AlignerOptions)[]>;
const DETECTION = [
  'detector',
  ...OPTIONS_OF.mtcnn,
  ...OPTIONS_OF.ssd,
  'cropSize',
  'faces',
] as const;
const CLASSIFICATION = ['checkpoint', 'batchSize'] as const;
const IDENTITY_OPTIONS = [
  ...['threshold', 'maxPerIdentity', 'seed', 'minImages', 'sorted'],
  'classNames',
];

export const ALIGNER_OPTIONS: readonly string[] = [...COMPUTE, ...DETECTION];
export const CLASSIFIER_OPTIONS: readonly string[] = [...COMPUTE, ...CLASSIFICATION];
export const ANALYZER_OPTIONS: readonly string[] = [...COMPUTE, ...DETECTION, ...CLASSIFICATION];

/** How images are decoded. @throws UserError */
export function decodeSettings({
  ignoreExif = false,
  maxMegapixels = MAX_MEGAPIXELS,
}: ComputeOptions): DecodeOptions {
  return {
    ignoreExif: flag('ignoreExif', ignoreExif),
    maxMegapixels: number('maxMegapixels', maxMegapixels, MEGAPIXELS_RANGE),
  };
}

/** @throws UserError */
export function deviceSetting({ device = 'auto' }: ComputeOptions): DeviceRequest {
  return oneOf('device', device, ['auto', ...DEVICES]);
}

/** Number of worker processes, 0 for none. @throws UserError */
export function workersSetting({ workers = 0 }: ComputeOptions): number {
  return whole('workers', workers, { ...WORKERS_RANGE, least: 0 });
}

/** How faces are found. @throws UserError, also where an option is of the other detector and would have no effect */
export function detectorSettings(options: AlignerOptions): DetectorRequest {
  const detector = oneOf('detector', options.detector ?? 'mtcnn', DETECTORS);
  for (const name of DETECTORS) {
    const given = OPTIONS_OF[name].find((option) => options[option] !== undefined);
    if (name === detector || given === undefined) continue;
    throw new UserError(
      `${given} is an option of the detector ${name}, not of ${detector}; leave it out, or give that detector`,
    );
  }
  if (detector === 'ssd') {
    const { minConfidence = SSD_DEFAULTS.minConfidence } = options;
    return {
      name: detector,
      options: { minConfidence: number('minConfidence', minConfidence, FRACTION) },
    };
  }
  const mtcnnPytorch = pathSetting('mtcnnPytorchPath', options.mtcnnPytorchPath);
  return { name: detector, options: mtcnnSettings(options), mtcnnPytorch };
}

function mtcnnSettings({
  minFaceSize = PUBLISHED_OPTIONS.minFaceSize,
  thresholds = PUBLISHED_OPTIONS.thresholds,
  nmsThresholds = PUBLISHED_OPTIONS.nmsThresholds,
}: AlignerOptions): MtcnnOptions {
  return {
    minFaceSize: number('minFaceSize', minFaceSize, FACE_SIZE_RANGE),
    thresholds: threeFractions('thresholds', thresholds),
    nmsThresholds: threeFractions('nmsThresholds', nmsThresholds),
  };
}

/** How photographs are decoded and which of their faces are cut out. @throws UserError */
export function cropSettings(options: AlignerOptions): AlignOptions {
  const { cropSize = CROP_SIZE, faces = 'all' } = options;
  return {
    ...decodeSettings(options),
    cropSize: whole('cropSize', cropSize, CROP_SIZE_RANGE),
    faces: oneOf('faces', faces, ['all', 'largest', 'central']),
  };
}

/** @throws UserError */
export function batchSetting({ batchSize }: ClassifierOptions, byDefault: number): number {
  return whole('batchSize', batchSize ?? byDefault, BATCH_RANGE);
}

/** The text of an option that names a file or folder. @throws UserError */
export function pathSetting(name: string, value: string | undefined): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw invalidOption(name, 'a path', value);
}

/** @throws UserError */
export function encodeSettings({ format = 'jpg', quality = CROP_QUALITY }: EncodeOptions): {
  format: 'jpg' | 'png';
  quality: number;
} {
  return {
    format: oneOf('format', format, ['jpg', 'png']),
    quality: whole('quality', quality, QUALITY_RANGE),
  };
}

/** @throws UserError */
export function precisionSetting({ precision = 'fp32' }: ConvertOptions): 'fp32' | 'fp16' {
  return oneOf('precision', precision, ['fp32', 'fp16']);
}

/** How identities are decided, whatever the classes. @throws UserError */
export function identitySettings(options: Omit<IdentityOptions, 'classNames'>): {
  draw: Omit<DrawOptions, 'classNames'>;
  rule: Omit<Rule, 'classNames'>;
  sorted: boolean;
} {
  checkNames(options, IDENTITY_OPTIONS);
  const { maxPerIdentity = MAX_PER_IDENTITY, seed = 0, minImages = 1, sorted = true } = options;
  return {
    draw: {
      maxPerIdentity: whole('maxPerIdentity', maxPerIdentity, MAX_PER_IDENTITY_RANGE),
      seed: whole('seed', seed, SEED_RANGE),
    },
    rule: {
      threshold: thresholdSetting(options),
      minImages: whole('minImages', minImages, MIN_IMAGES_RANGE),
    },
    sorted: flag('sorted', sorted),
  };
}

/** Exactly the decimal number that is written: what is stored for 0.8 is larger. @throws UserError */
function thresholdSetting({
  threshold = THRESHOLD,
}: Omit<IdentityOptions, 'classNames'>): Fraction {
  const exact = typeof threshold === 'number' ? parseThreshold(`${threshold}`) : undefined;
  if (exact === undefined) throw invalidOption('threshold', THRESHOLDS, threshold);
  return exact;
}

function threeFractions(
  name: string,
  values: readonly [number, number, number],
): readonly [number, number, number] {
  if (Array.isArray(values) && values.length === 3 && values.every(isFraction)) return values;
  throw invalidOption(name, 'three numbers from 0 to 1, for P-Net, R-Net and O-Net', values);
}
