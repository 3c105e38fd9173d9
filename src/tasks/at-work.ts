/**
 * Which images a process is at work on. A worker tells its pool (worker.ts), which thereby knows the image when the
 * worker ends or does not come to an end; where the work is done in the user's process nobody asks.
 */
import type { ReportWork } from '../workers/serve.js';

let report: ReportWork | undefined;

/** From now on `told` hears of the work. There is one for the process, as there is one pool for a worker. */
export function reportWork(told: ReportWork): void {
  report = told;
}

/** What an image is called in reports: bytes as Latin-1. */
export function imageName({ path }: { readonly path: Buffer }): string {
  return path.toString('latin1');
}

/** Does the work, which is all that keeps the images from being done meanwhile. */
export async function atWorkOn<T>(
  images: readonly { readonly path: Buffer }[],
  work: () => Promise<T>,
): Promise<T> {
  if (report === undefined) return work();
  const names = images.map(imageName);
  report(names, true);
  try {
    return await work();
  } finally {
    report(names, false);
  }
}
