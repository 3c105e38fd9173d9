/**
 * From options to engines. Loaded when something is opened, not when the library is: what reads images and loads
 * networks takes time and memory.
 */
import { detectorNetworks, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import {
  alignOptions,
  classifierChoice,
  decodeOptions,
  detectorRequest,
} from '../options/options.js';
import { librarySettings } from '../options/settle.js';
import { chooseDevice } from '../runtime/choose-device.js';
import type { Device } from '../runtime/devices.js';
import type { AlignSetup } from '../tasks/align.js';
import type { InferSetup } from '../tasks/infer.js';
import type { RunSetup } from '../tasks/run.js';
import { type Engine, openEngine } from './engine.js';
import type { AlignerOptions, AnalyzerOptions, ClassifierOptions } from './options.js';
import type { ModelFile } from './results.js';

/** An engine, and what was chosen for it. */
export interface Opened {
  readonly engine: Engine;
  readonly device: Device;
}

export interface OpenedClassifier extends Opened {
  readonly model: ModelFile;
  readonly classNames: readonly string[];
}

/** Crops come back as pixels, never as files. */
const WITH_CROPS = { crops: undefined, pixels: Number.POSITIVE_INFINITY } as const;
const WITHOUT_PIXELS = { crops: undefined, pixels: undefined } as const;

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openAligning(options: AlignerOptions): Promise<Opened> {
  const settings = librarySettings('Aligner', options);
  const detector = await findDetector(detectorRequest(settings));
  const { device } = await chooseDevice(settings.device, detectorNetworks(detector));
  const setup: AlignSetup = { device, detector, options: alignOptions(settings) };
  const engine = await openEngine({ task: 'align', setup, ...WITH_CROPS }, settings.n_threads);
  return { engine, device };
}

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openClassifying(options: ClassifierOptions): Promise<OpenedClassifier> {
  const settings = librarySettings('Classifier', options);
  const { n_threads: workers, batch_size: batchSize } = settings;
  const classifier = await findClassifier(settings.ckpt, classifierChoice(settings));
  const { device } = await chooseDevice(settings.device, classifierNetworks(classifier));
  const setup: InferSetup = {
    ...{ device, classifier },
    options: { ...decodeOptions(settings), batchSize },
  };
  const engine = await openEngine({ task: 'infer', setup, ...WITHOUT_PIXELS }, workers);
  return { engine, device, model: classifier.model, classNames: classifier.classNames };
}

/** @throws UserError where an option is wrong, ModelError where a model or device cannot be used */
export async function openAnalyzing(options: AnalyzerOptions): Promise<OpenedClassifier> {
  const settings = librarySettings('Analyzer', options);
  const { n_threads: workers, batch_size: batchSize } = settings;
  const classifier = await findClassifier(settings.ckpt, classifierChoice(settings));
  const detector = await findDetector(detectorRequest(settings));
  const networks = [...detectorNetworks(detector), ...classifierNetworks(classifier)];
  const { device } = await chooseDevice(settings.device, networks);
  const setup: RunSetup = {
    ...{ device, detector, classifier },
    options: { ...alignOptions(settings), batchSize },
  };
  const engine = await openEngine({ task: 'run', setup, ...WITH_CROPS }, workers);
  return { engine, device, model: classifier.model, classNames: classifier.classNames };
}
