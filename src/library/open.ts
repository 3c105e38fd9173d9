/**
 * From options to engines. Loaded when something is opened, not when the library is: what reads images and loads
 * networks takes time and memory.
 */
import { detectorNetworks, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import { FACES_IN_A_RUN, FACES_OF_PHOTOGRAPHS_IN_A_RUN } from '../options/ranges.js';
import { chooseDevice } from '../runtime/choose-device.js';
import type { Device } from '../runtime/devices.js';
import type { AlignSetup } from '../tasks/align.js';
import type { InferSetup } from '../tasks/infer.js';
import type { RunSetup } from '../tasks/run.js';
import { checkNames } from './checks.js';
import { type Engine, openEngine } from './engine.js';
import type { AlignerOptions, AnalyzerOptions, ClassifierOptions } from './options.js';
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
export interface Opened {
  readonly engine: Engine;
  readonly device: Device;
}

export interface OpenedClassifier extends Opened {
  readonly model: ModelFile;
}

/** Crops come back as pixels, never as files. */
const WITH_CROPS = { crops: undefined, pixels: Number.POSITIVE_INFINITY } as const;
const WITHOUT_PIXELS = { crops: undefined, pixels: undefined } as const;

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openAligning(options: AlignerOptions): Promise<Opened> {
  checkNames(options, ALIGNER_OPTIONS);
  const detection = detectorSettings(options);
  const crops = cropSettings(options);
  const workers = workersSetting(options);
  const request = deviceSetting(options);
  const detector = await findDetector(detection);
  const { device } = await chooseDevice(request, detectorNetworks(detector));
  const setup: AlignSetup = { device, detector, options: crops };
  return { engine: await openEngine({ task: 'align', setup, ...WITH_CROPS }, workers), device };
}

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openClassifying(options: ClassifierOptions): Promise<OpenedClassifier> {
  checkNames(options, CLASSIFIER_OPTIONS);
  const batchSize = batchSetting(options, FACES_IN_A_RUN);
  const decoding = decodeSettings(options);
  const workers = workersSetting(options);
  const request = deviceSetting(options);
  const classifier = await findClassifier(pathSetting('checkpoint', options.checkpoint));
  const { device } = await chooseDevice(request, classifierNetworks(classifier));
  const setup: InferSetup = { device, classifier, options: { ...decoding, batchSize } };
  const engine = await openEngine({ task: 'infer', setup, ...WITHOUT_PIXELS }, workers);
  return { engine, device, model: classifier.model };
}

/** @throws UserError where an option is wrong, ModelError where a model or device cannot be used */
export async function openAnalyzing(options: AnalyzerOptions): Promise<OpenedClassifier> {
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
  const setup: RunSetup = { device, detector, classifier, options: { ...crops, batchSize } };
  const engine = await openEngine({ task: 'run', setup, ...WITH_CROPS }, workers);
  return { engine, device, model: classifier.model };
}
