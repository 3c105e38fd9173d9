/**
 * What a worker does for a run: a task, and around it what a run needs of its results: crops written, pixels kept or
 * let go, pixels added again to what an earlier run has finished.
 */
import { shrink } from '../image/shrink.js';
import { warpAffine } from '../image/warp.js';
import { type AlignOptions, alignTask } from './align.js';
import { decodeOrFail } from './decoded.js';
import type { FinishedInput } from './finished-input.js';
import { inferTask } from './infer.js';
import type { TaskInput } from './input.js';
import { type Job, type JobInput, restored, type TaskName, type TaskResult } from './job.js';
import type { AlignedFace } from './photograph.js';
import { runTask } from './run.js';
import { saveFaces } from './save-crops.js';
import type { OpenTask, Task } from './task.js';

const TASKS: Readonly<Record<TaskName, unknown>> = {
  align: alignTask,
  infer: inferTask,
  run: runTask,
};

/** Loads the networks. @throws ModelError where one cannot be used */
export function openTask({ task, setup }: Job): Promise<OpenTask<TaskResult>> {
  // A job's setup is that of its task.
  return (TASKS[task] as Task<Job['setup'], TaskResult>)(setup);
}

/** Loads what the job needs. @returns what does a group of inputs, with a result for each in their order */
export async function openJob(
  job: Job,
): Promise<(group: readonly JobInput[]) => Promise<readonly TaskResult[]>> {
  const task = await openTask(job);
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
