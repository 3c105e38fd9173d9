/** A batch in a terminal: its progress and first failures are shown, and signals end it. */
import { type Batch, runBatch } from '../batch/batch.js';
import type { Counts } from '../batch/counts.js';
import { shownPath } from '../files/text/shown-path.js';
import type { TaskResult } from '../tasks/job.js';
import { Interruption } from './interruption.js';
import { createProgress, type Progress } from './progress.js';

/** Failures that are also told while they happen; all are listed in the results. */
const FAILURES_TOLD = 10;

/**
 * Does a batch.
 *
 * @param quiet whether only errors are printed
 * @param earlyWarning what is to be said of a result; of the first of which there is something, it is
 * @throws what `runBatch` throws
 */
export async function runWithProgress(
  batch: Omit<Batch, 'signal' | 'onResult'>,
  quiet: boolean,
  earlyWarning: (result: TaskResult) => string | undefined = () => undefined,
): Promise<void> {
  const { inputs, counts, results } = batch;
  const progress = await createProgress({ name: results.command, unit: 'images', quiet });
  const counting = new AbortController();
  if (!quiet) {
    void inputs.count(counting.signal).then((total) => {
      if (total !== undefined && !counting.signal.aborted) progress.setTotal(total);
    });
  }
  const interruption = new Interruption();
  let isWarned = false;
  try {
    await runBatch({
      ...batch,
      signal: interruption.signal,
      onResult(result) {
        tell(result, counts, progress);
        if (isWarned) return;
        const warning = earlyWarning(result);
        if (warning === undefined) return;
        progress.warn(`facecls: ${warning}`);
        isWarned = true;
      },
    });
  } finally {
    interruption.stop();
    counting.abort();
    progress.stop();
  }
}

function tell(result: TaskResult, { seen, failed }: Counts, progress: Progress): void {
  if (result.kind === 'failed' && failed <= FAILURES_TOLD) {
    progress.warn(`${shownPath(result.path)}: ${result.reason}`);
    if (failed === FAILURES_TOLD) {
      progress.warn('(further failures are only listed in the results)');
    }
  }
  progress.update(seen, failed);
}
