/** The worker processes that do tasks. */
import { startAhead, WorkerPool } from '../workers/pool.js';
import type { Job } from './job.js';

const WORKER = new URL('worker.js', import.meta.url);

/** Starts a worker of the pool to come already now, so that its modules are loaded when the job is known. */
export function startWorkerAhead(): void {
  startAhead(WORKER);
}

/** A pool of processes that do a job. Each is started when it is needed. */
export function poolFor<I, R>(job: Job, size: number): WorkerPool<readonly I[], readonly R[]> {
  return new WorkerPool(WORKER, size, job);
}
