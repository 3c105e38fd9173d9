/**
 * From options to engines. Loaded when something is opened, not when the library is: what reads images and loads
 * networks takes time and memory.
 */

import { detectorNetworks, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import { alignOptions, decodeOptions, detectorRequest } from '../options/options.js';
import { CLASSIFIED_PHOTOGRAPHS_A_GROUP, PHOTOGRAPHS_A_GROUP } from '../options/ranges.js';
import { librarySettings } from '../options/settle.js';
import { chooseDevice } from '../runtime/choose-device.js';
import type { Device } from '../runtime/devices.js';
import type { Prediction } from '../tasks/infer.js';
import type { AlignJob, InferJob, RunJob } from '../tasks/job.js';
import { openAlignPipeline, openInferPipeline, openRunPipeline } from '../tasks/work.js';
import { type Engine, engineHere, engineInWorkers } from './engine.js';
import type { AlignerOptions, AnalyzerOptions, ClassifierOptions } from './options.js';
import type { Found, LabelledFace } from './present.js';
import type { ModelFile } from './results.js';

/** An engine, and what was chosen for it. */
export interface Opened<Result> {
  readonly engine: Engine<Result>;
  readonly device: Device;
}

export interface OpenedClassifier<Result> extends Opened<Result> {
  readonly model: ModelFile;
}

/** Crops come back as pixels, never as files. */
const CROPS = { crops: undefined, keepPixels: true } as const;

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openAligning(options: AlignerOptions): Promise<Opened<Found>> {
  const settings = librarySettings('Aligner', options);
  const { n_threads: workers } = settings;
  const detector = await findDetector(detectorRequest(settings));
  const { device } = await chooseDevice(settings.device, detectorNetworks(detector));
  const job: AlignJob = {
    ...{ kind: 'align', device, detector, options: alignOptions(settings) },
    ...CROPS,
  };
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
  const settings = librarySettings('Classifier', options);
  const { n_threads: workers, batch_size: batchSize } = settings;
  const classifier = await findClassifier(settings.ckpt);
  const { device } = await chooseDevice(settings.device, classifierNetworks(classifier));
  const job: InferJob = {
    kind: 'infer',
    device,
    classifier,
    options: { ...decodeOptions(settings), batchSize, keptSide: undefined },
  };
  const engine: Engine<Prediction> =
    workers > 0
      ? engineInWorkers(job, workers, batchSize)
      : engineHere(await openInferPipeline(job));
  return { engine, device, model: classifier.model };
}

/** @throws UserError where an option is wrong, ModelError where a network or device cannot be used */
export async function openAnalyzing(
  options: AnalyzerOptions,
): Promise<OpenedClassifier<Found<LabelledFace>>> {
  const settings = librarySettings('Analyzer', options);
  const { n_threads: workers, batch_size: batchSize } = settings;
  const classifier = await findClassifier(settings.ckpt);
  const detector = await findDetector(detectorRequest(settings));
  const networks = [...detectorNetworks(detector), ...classifierNetworks(classifier)];
  const { device } = await chooseDevice(settings.device, networks);
  const job: RunJob = {
    ...{ kind: 'run', device, detector, classifier },
    ...{ options: { ...alignOptions(settings), batchSize }, ...CROPS },
  };
  const engine: Engine<Found<LabelledFace>> =
    workers > 0
      ? engineInWorkers(job, workers, CLASSIFIED_PHOTOGRAPHS_A_GROUP)
      : engineHere(await openRunPipeline(job));
  return { engine, device, model: classifier.model };
}
