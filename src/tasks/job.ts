/** A task of a run and what it is set up with, and what a run keeps of its results. */
import { type CropFiles, cropPath } from '../outputs/crops.js';
import type { AlignSetup } from './align.js';
import type { FailedInput } from './failed-input.js';
import type { FinishedInput } from './finished-input.js';
import type { InferSetup, Prediction } from './infer.js';
import type { TaskInput } from './input.js';
import { OUTLINES, type Outline } from './outline.js';
import type { Photograph } from './photograph.js';
import type { RunSetup } from './run.js';

export type TaskName = keyof typeof OUTLINES;

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

export function outlineOf({ task }: Job): Outline<Job['setup'], TaskResult> {
  // A job's setup is that of its task, and so are the results it is asked about.
  return OUTLINES[task] as unknown as Outline<Job['setup'], TaskResult>;
}

/** The result of an earlier run, without pixels. */
export function restored(input: FinishedInput, job: Job): TaskResult {
  const result = outlineOf(job).fromEntry(input, job.setup);
  const { crops } = job;
  if (crops === undefined || result.kind !== 'photograph') return result;
  const faces = result.faces.map((face) => ({
    ...face,
    cropPath: cropPath(crops, input.relative, face.index),
  }));
  return { ...result, faces };
}
