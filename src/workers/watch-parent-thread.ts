/** The thread of watch-parent.ts. */
import { workerData } from 'node:worker_threads';

const INTERVAL = 1000;

setInterval(() => {
  if (isGone(workerData as number)) process.kill(process.pid, 'SIGKILL');
}, INTERVAL);

/** An orphan has another parent; on Windows, where it keeps the number, the number is nobody's. */
function isGone(parent: number): boolean {
  if (process.platform !== 'win32') return process.ppid !== parent;
  try {
    process.kill(parent, 0);
    return false;
  } catch {
    return true;
  }
}
