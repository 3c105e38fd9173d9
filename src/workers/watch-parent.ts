/** Ends this process when the one that started it is gone. */
import { Worker } from 'node:worker_threads';

/**
 * Watches from a thread of its own: decoders and networks keep this process's event loop waiting, for minutes where
 * an image is made to. The thread takes 10 MB and 30 ms of processor time, beside the loading of the networks.
 *
 * @param parent its process number
 */
export function watchParent(parent: number): void {
  const thread = new Worker(new URL('watch-parent-thread.js', import.meta.url), {
    workerData: parent,
  });
  // Without the watch the work can still be done.
  thread.on('error', () => {});
  thread.unref();
}
