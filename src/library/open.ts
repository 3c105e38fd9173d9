/**
 * From options to engines. Loaded when something is opened, not when the library is: what reads images and loads
 * networks takes time and memory.
 */

import { detectorNetworks, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import {
  CLASSIFIED_PHOTOGRAPHS_A_GROUP,
  FACES_IN_A_RUN,
  FACES_OF_PHOTOGRAPHS_IN_A_RUN,
  PHOTOGRAPHS_A_GROUP,
} from '../options/ranges.js';
import { chooseDevice } from '../runtime/choose-device.js';
import type { Device } from '../runtime/devices.js';
import type { Prediction } from '../tasks/infer.js';
import type { AlignJob, InferJob, RunJob } from '../tasks/job.js';
import { openAlignPipeline, openInferPipeline, openRunPipeline } from '../tasks/work.js';
import { checkNames } from './checks.js';
import { type Engine, engineHere, engineInWorkers } from './engine.js';
import type { AlignerOptions, AnalyzerOptions, ClassifierOptions } from './options.js';
import type { Found, LabelledFace } from './present.js';
import type { ModelFile } from './results.js';
import {
  ALIGNER_OPTIONS,
  ANALYZER_OPTIONS,
  batchSetting,
  CLASSIFIER_OPTIONS,
  cropSettings,
  decodeSettings,
  detectorSettings,
  deviceSetting,
  pathSetting,
  workersSetting,
} from './settings.js';

/** An engine, and what was chosen for it. */
export interface Opened<Result> {
  readonly engine: Engine<Result>;
  readonly device: Device;
}

export interface OpenedClassifier<Result> extends Opened<Result> {
  readonly model: ModelFile;
  readonly classNames: readonly string[];
}

/** Crops come back as pixels, never as files. */
const CROPS = { crops: undefined, keepPixels: true } as const;

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openAligning(options: AlignerOptions): Promise<Opened<Found>> {
  checkNames(options, ALIGNER_OPTIONS);
  const detection = detectorSettings(options);
  const crops = cropSettings(options);
  const workers = workersSetting(options);
  const request = deviceSetting(options);
  const detector = await findDetector(detection);
  const { device } = await chooseDevice(request, detectorNetworks(detector));
  const job: AlignJob = { kind: 'align', device, detector, options: crops, ...CROPS };
  const engine: Engine<Found> =
    workers > 0
      ? engineInWorkers(job, workers, PHOTOGRAPHS_A_GROUP)
      : engineHere(await openAlignPipeline(job));
  return { engine, device };
}

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openClassifying(
  options: ClassifierOptions,
): Promise<OpenedClassifier<Prediction>> {
  checkNames(options, CLASSIFIER_OPTIONS);
  const batchSize = batchSetting(options, FACES_IN_A_RUN);
  const decoding = decodeSettings(options);
  const workers = workersSetting(options);
  const request = deviceSetting(options);
  const classifier = await findClassifier(pathSetting('checkpoint', options.checkpoint));
  const { device } = await chooseDevice(request, classifierNetworks(classifier));
  const job: InferJob = {
    kind: 'infer',
    device,
    classifier,
    options: { ...decoding, batchSize, keptSide: undefined },
  };
  const engine: Engine<Prediction> =
    workers > 0
      ? engineInWorkers(job, workers, batchSize)
      : engineHere(await openInferPipeline(job));
  return { engine, device, model: classifier.model, classNames: classifier.classNames };
}

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openAnalyzing(
  options: AnalyzerOptions,
): Promise<OpenedClassifier<Found<LabelledFace>>> {
  checkNames(options, ANALYZER_OPTIONS);
  const detection = detectorSettings(options);
  const batchSize = batchSetting(options, FACES_OF_PHOTOGRAPHS_IN_A_RUN);
  const crops = cropSettings(options);
  const workers = workersSetting(options);
  const request = deviceSetting(options);
  const classifier = await findClassifier(pathSetting('checkpoint', options.checkpoint));
  const detector = await findDetector(detection);
  const networks = [...detectorNetworks(detector), ...classifierNetworks(classifier)];
  const { device } = await chooseDevice(request, networks);
  const job: RunJob = {
    ...{ kind: 'run', device, detector, classifier },
    ...{ options: { ...crops, batchSize }, ...CROPS },
  };
  const engine: Engine<Found<LabelledFace>> =
    workers > 0
      ? engineInWorkers(job, workers, CLASSIFIED_PHOTOGRAPHS_A_GROUP)
      : engineHere(await openRunPipeline(job));
  return { engine, device, model: classifier.model, classNames: classifier.classNames };
}
