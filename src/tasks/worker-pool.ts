/** The worker processes that do a job. */
import type { Device } from '../runtime/devices.js';
import { WorkerPool } from '../workers/pool.js';
import { startAhead } from '../workers/process.js';
import type { Job, JobInput, TaskResult } from './job.js';

const WORKER = new URL('worker.js', import.meta.url);

/** Starts a worker of the pool to come already now, so that its modules are loaded when the job is known. */
export function startWorkerAhead(): void {
  startAhead(WORKER);
}

/**
 * Each process is started when it is needed.
 *
 * @param imageTimeout how long a worker may be at work on an image, seconds; 0 for any time
 */
export function poolFor(
  job: Job,
  size: number,
  imageTimeout: number,
): WorkerPool<readonly JobInput[], readonly TaskResult[]> {
  return new WorkerPool(WORKER, size, job, { input: imageTimeout });
}

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
