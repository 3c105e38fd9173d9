/** A worker process of `infer`, `align` or `run`. */
import { setFlagsFromString } from 'node:v8';
import { loadSharp } from '../image/sharp.js';
import { serve } from '../workers/serve.js';
import { reportWork } from './at-work.js';
import type { Job, TaskName } from './job.js';
import { openJob } from './open-job.js';

/** Loads sharp already now. What keeps it from that is told when there is a job. */
const sharpIsLoaded = new Promise<void>((resolve) => {
  const sharp = loadSharp();
  // Images are decoded side by side; within one image a second thread would only wait.
  sharp.concurrency(1);
  // No image is read twice, so libvips would only hold on to the last ones.
  sharp.cache(false);
  resolve();
});
sharpIsLoaded.catch(() => {});

/**
 * By how many percent V8's heap may grow before V8 marks all of it. Pixels lie outside that heap of 10 MB but count as
 * much: at the growth that is usual it would be marked for every second photograph, and a core that has a worker of
 * its own has no time for it. For photographs it may grow by more than all pixels that wait for the cheap collection
 * of young objects, which frees them. With crops these are few, and room would merely fill with garbage.
 */
const HEAP_GROWTH: Readonly<Record<TaskName, number>> = { infer: 200, align: 700, run: 700 };

serve(async (job: Job, report) => {
  await sharpIsLoaded;
  reportWork(report);
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH[job.task]}`);
  return openJob(job);
});
