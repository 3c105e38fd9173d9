/** What workers can be asked to do. How they do it is in work.ts, which loads all that it takes. */

import type { DetectorSource } from '../models/detectors.js';
import type { ClassifierSource } from '../models/models.js';
import type { CropFiles } from '../outputs/crops.js';
import type { Device } from '../runtime/devices.js';
import type { AlignOptions } from './align.js';
import type { FailedInput } from './failed-input.js';
import type { InferOptions, Prediction } from './infer.js';
import type { ClassifiedFace, RunOptions } from './run.js';
import type { SavedPhotograph } from './save-crops.js';

export interface InferJob {
  readonly kind: 'infer';
  readonly device: Device;
  readonly classifier: ClassifierSource;
  readonly options: InferOptions;
}

export interface AlignJob {
  readonly kind: 'align';
  readonly device: Device;
  readonly detector: DetectorSource;
  readonly options: AlignOptions;
  /** undefined where no crops are kept. */
  readonly crops: CropFiles | undefined;
  /** Whether faces hold their crop. */
  readonly keepPixels: boolean;
}

export interface RunJob {
  readonly kind: 'run';
  readonly device: Device;
  readonly detector: DetectorSource;
  readonly classifier: ClassifierSource;
  readonly options: RunOptions;
  /** undefined where no crops are kept. */
  readonly crops: CropFiles | undefined;
  /** Whether faces hold their crop. */
  readonly keepPixels: boolean;
}

export type Job = InferJob | AlignJob | RunJob;

export type InferResult = Prediction | FailedInput;
export type AlignResult = SavedPhotograph | FailedInput;
export type RunResult = SavedPhotograph<ClassifiedFace> | FailedInput;

/** Workers that share a GPU, at most. */
const WORKERS_ON_A_GPU = 4;

/**
 * How many workers do a job. On a GPU one network at a time is enough to keep it busy, but photographs still
 * have to be decoded, resampled and written by the CPU, so one worker would leave it waiting; each worker
 * also takes some hundred MB of the GPU's memory for itself. Four is a guess between these, not measured.
 */
export function workersFor(device: Device, threads: number): number {
  return device === 'cpu' ? threads : Math.min(threads, WORKERS_ON_A_GPU);
}
