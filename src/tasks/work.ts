/** What workers do: the pipelines, each on a group of inputs. */
import { CROP_SIZE } from '../classify/preprocess.js';
import type { FaceDetector } from '../detect/detector.js';
import { openDetector } from '../models/detectors.js';
import { openClassifier } from '../models/models.js';
import { type AlignedPhotograph, align } from './align.js';
import { BATCH_PIXELS } from './classify-all.js';
import { finishedClassifiedFaces, finishedPrediction, type Input } from './entry.js';
import type { FailedInput } from './failed-input.js';
import { infer } from './infer.js';
import type {
  AlignJob,
  AlignResult,
  InferJob,
  InferResult,
  Job,
  RunJob,
  RunResult,
} from './job.js';
import { type ClassifiedPhotograph, run } from './run.js';
import { saveFaces } from './save-crops.js';

/** Does a group of inputs, with a result for each in their order. */
export type Work<I, R> = (group: readonly I[]) => Promise<readonly R[]>;

/** Workers share the cores among themselves: the networks of each run on one. */
const THREADS = 1;

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
      results.push(isLost ? finishedPrediction(input, job.classifier.classNames) : result);
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
      else
        results.push(
          'entry' in input
            ? finishedClassifiedFaces(input, job.crops, job.classifier.classNames)
            : result,
        );
    }
    return results;
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
