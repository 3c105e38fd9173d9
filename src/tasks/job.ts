/**
 * What a worker does for a run: a task, and around it what a run needs of its results: crops written, pixels kept or
 * let go, pixels added again to what an earlier run has finished.
 */
import { shrink } from '../image/shrink.js';
import { warpAffine } from '../image/warp.js';
import { type CropFiles, cropPath } from '../outputs/crops.js';
import { type AlignOptions, type AlignSetup, alignTask } from './align.js';
import { decodeOrFail } from './decoded.js';
import type { FailedInput } from './failed-input.js';
import type { FinishedInput } from './finished-input.js';
import { type InferSetup, inferTask, type Prediction } from './infer.js';
import type { TaskInput } from './input.js';
import type { AlignedFace, Photograph } from './photograph.js';
import { type RunSetup, runTask } from './run.js';
import { saveFaces } from './save-crops.js';
import type { Task } from './task.js';

const TASKS = { align: alignTask, infer: inferTask, run: runTask } as const;

export type TaskName = keyof typeof TASKS;

export type TaskResult = Prediction | Photograph | FailedInput;

/** What a job takes; a finished image comes to a worker only where its pixels are wanted. */
export type JobInput = TaskInput | FinishedInput;

/** A task and what it is set up with; plain data, so that it can be sent to a worker. */
export type Job = Keep &
  (
    | { readonly task: 'align'; readonly setup: AlignSetup }
    | { readonly task: 'infer'; readonly setup: InferSetup }
    | { readonly task: 'run'; readonly setup: RunSetup }
  );

/** What is kept of results when they leave the worker. */
export interface Keep {
  /** Where crops are written; undefined where none are. */
  readonly crops: CropFiles | undefined;
  /** Longest side of the images or crops that results hold, pixels; undefined where they hold none. */
  readonly pixels: number | undefined;
}

export function taskOf({ task }: Job): Task<Job['setup'], TaskResult> {
  // A job's setup is that of its task, and so are the results it is asked about.
  return TASKS[task] as unknown as Task<Job['setup'], TaskResult>;
}

/** The result of an earlier run, without pixels. */
export function restored(input: FinishedInput, job: Job): TaskResult {
  const result = taskOf(job).fromEntry(input, job.setup);
  const { crops } = job;
  if (crops === undefined || result.kind !== 'photograph') return result;
  const faces = result.faces.map((face) => ({
    ...face,
    cropPath: cropPath(crops, input.relative, face.index),
  }));
  return { ...result, faces };
}

/** Loads what the job needs. @returns what does a group of inputs, with a result for each in their order */
export async function openJob(
  job: Job,
): Promise<(group: readonly JobInput[]) => Promise<readonly TaskResult[]>> {
  const task = await taskOf(job).open(job.setup);
  return async (group) => {
    const open = group.filter((input): input is TaskInput => input.kind !== 'finished');
    const computed = task.process(each(open));
    const results: TaskResult[] = [];
    try {
      for (const input of group) {
        if (input.kind === 'finished') results.push(await withPixels(input, job));
        else results.push(await kept((await computed.next()).value, job));
      }
    } finally {
      await computed.return(undefined);
    }
    return results;
  };
}

/** The result as it leaves the worker. */
async function kept(result: TaskResult, { crops, pixels }: Job): Promise<TaskResult> {
  switch (result.kind) {
    case 'failed':
      return result;
    case 'photograph':
      return saveFaces(result, crops, pixels !== undefined);
    case 'prediction':
      return {
        ...result,
        image: pixels === undefined ? undefined : await shrink(result.image!, pixels),
      };
  }
}

/** A finished result with its pixels; without them where the file is gone meanwhile. */
async function withPixels(input: FinishedInput, job: Job): Promise<TaskResult> {
  const result = restored(input, job);
  const { pixels, setup } = job;
  if (result.kind === 'failed' || pixels === undefined) return result;
  const decoded = await decodeOrFail(input.image, setup.options);
  if (decoded.kind === 'failed') return result;
  const { image } = decoded;
  if (result.kind === 'prediction') return { ...result, image: await shrink(image, pixels) };
  const { cropSize: side } = setup.options as AlignOptions;
  const cutOut = (face: AlignedFace) => ({
    ...face,
    crop: warpAffine(image, face.matrix, side, side),
  });
  return { ...result, faces: result.faces.map(cutOut) };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
