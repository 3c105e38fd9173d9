/** What workers can be asked to do: the pipelines, each on a group of inputs. */
import { CROP_SIZE } from '../../classify/preprocess.js';
import type { FaceDetector } from '../../detect/detector.js';
import type { Device } from '../../devices.js';
import type { UnreadableFolder } from '../../image/listing.js';
import type { CropFiles } from '../../output/crops.js';
import { type AlignedPhotograph, type AlignOptions, align } from '../align.js';
import { BATCH_PIXELS } from '../classify-all.js';
import type { FailedInput } from '../decoded.js';
import { type DetectorSource, openDetector } from '../detectors.js';
import { finishedClassifiedFaces, finishedPrediction, type InputImage } from '../finished.js';
import { type InferOptions, infer, type Prediction } from '../infer.js';
import { type ClassifierSource, openClassifier } from '../models.js';
import { type ClassifiedFace, type ClassifiedPhotograph, type RunOptions, run } from '../run.js';
import { type SavedPhotograph, saveFaces } from '../save.js';

/** A finished input comes to a worker only where its pixels are wanted. */
export type Input = InputImage | UnreadableFolder;

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

/** Does a group of inputs, with a result for each in their order. */
export type Work<I, R> = (group: readonly I[]) => Promise<readonly R[]>;

/** Workers share the cores among themselves: the networks of each run on one. */
const THREADS = 1;

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

/** Crops in one run of the classifier, at most: classifyAll bounds a run by its pixels too. */
function cropsInRun(batchSize: number): number {
  return Math.min(batchSize, Math.floor(BATCH_PIXELS / CROP_SIZE ** 2));
}

/** Loads what the job needs; the work takes the inputs that the job's kind takes. */
export function openJob(job: Job): Promise<Work<never, unknown>> {
  switch (job.kind) {
    case 'infer':
      return openInfer(job);
    case 'align':
      return openAlign(job);
    case 'run':
      return openRun(job);
  }
}

/** The pipeline of a job with its networks loaded: what workers run on groups, and the library on all inputs. */
export interface Pipeline<Result> {
  /** @param signal when it comes, no more faces are searched for; the results are not for use then */
  results(inputs: AsyncIterable<Input>, signal?: AbortSignal): AsyncGenerator<Result>;
  release(): Promise<void>;
}

export async function openInferPipeline(job: InferJob): Promise<Pipeline<InferResult>> {
  const session = { threads: THREADS, device: job.device };
  const batchSize = cropsInRun(job.options.batchSize);
  const classifier = await openClassifier(job.classifier, session, batchSize);
  return {
    results: (inputs) => infer(inputs, classifier, job.options),
    release: () => classifier.release(),
  };
}

export async function openAlignPipeline(
  job: AlignJob,
): Promise<Pipeline<AlignedPhotograph | FailedInput>> {
  const session = { threads: THREADS, device: job.device };
  const detector = await openDetector(job.detector, session);
  return {
    results: (inputs, signal) => align(inputs, untilAborted(detector, signal), job.options),
    release: () => detector.release(),
  };
}

export async function openRunPipeline(
  job: RunJob,
): Promise<Pipeline<ClassifiedPhotograph | FailedInput>> {
  const session = { threads: THREADS, device: job.device };
  const batchSize = cropsInRun(job.options.batchSize);
  const detector = await openDetector(job.detector, session);
  const classifier = await openClassifier(job.classifier, session, batchSize);
  return {
    results: (inputs, signal) =>
      run(inputs, untilAborted(detector, signal), classifier, job.options),
    async release() {
      await detector.release();
      await classifier.release();
    },
  };
}

/** Photographs are decoded ahead: after an abort those that are left would take seconds to search. */
function untilAborted(detector: FaceDetector, signal: AbortSignal | undefined): FaceDetector {
  if (signal === undefined) return detector;
  return {
    async detect(image) {
      signal.throwIfAborted();
      return detector.detect(image);
    },
    release: () => detector.release(),
  };
}

async function openInfer(job: InferJob): Promise<Work<Input, InferResult>> {
  const pipeline = await openInferPipeline(job);
  return async (group) => {
    const results: InferResult[] = [];
    for await (const result of pipeline.results(each(group))) {
      const input = group[results.length];
      // A file that is gone meanwhile has had its prediction.
      const isLost = 'reason' in result && 'entry' in input;
      results.push(isLost ? finishedPrediction(input) : result);
    }
    return results;
  };
}

async function openAlign(job: AlignJob): Promise<Work<Input, AlignResult>> {
  const pipeline = await openAlignPipeline(job);
  return async (group) => {
    const results: AlignResult[] = [];
    for await (const result of pipeline.results(each(group))) {
      const isFound = 'faces' in result;
      results.push(isFound ? await saveFaces(result, job.crops, job.keepPixels) : result);
    }
    return results;
  };
}

async function openRun(job: RunJob): Promise<Work<Input, RunResult>> {
  const pipeline = await openRunPipeline(job);
  return async (group) => {
    const results: RunResult[] = [];
    for await (const result of pipeline.results(each(group))) {
      const input = group[results.length];
      if ('faces' in result) results.push(await saveFaces(result, job.crops, job.keepPixels));
      else results.push('entry' in input ? finishedClassifiedFaces(input, job.crops) : result);
    }
    return results;
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
