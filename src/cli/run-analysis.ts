/** What `evaluate`, `consensus`, `composition` and `balance` have in common. */
import type { AnalysisEvents } from '../analysis/events.js';
import type { ResultPlace } from '../analysis/result-files.js';
import { withOutputFolder } from '../batch/with-output-folder.js';
import type { OptionsOf } from '../options/table.js';
import { createProgress } from './progress.js';

type AnalysisName = 'evaluate' | 'consensus' | 'composition' | 'balance';

/**
 * Writes the results of an analysis under the lock of its folder, with a progress bar of its predictions meanwhile.
 *
 * @throws UserError where the folder cannot be had, and what `write` throws
 */
export function runAnalysis<C extends AnalysisName, T>(
  name: C,
  options: OptionsOf<C>,
  write: (place: ResultPlace, events: AnalysisEvents) => Promise<T>,
): Promise<T> {
  const { output_dir: folder, quiet = false, overwrite = false } = options as OptionsOf<'balance'>;
  const option = '--output_dir';
  return withOutputFolder(option, folder, name, async (lock) => {
    const progress = await createProgress({ quiet, unit: 'predictions', name });
    try {
      return await write(
        { folder, option, overwrite, verify: () => lock.verify() },
        {
          progress: (count) => progress.update(count, 0),
          warn: (text) => progress.warn(text),
        },
      );
    } finally {
      progress.stop();
    }
  });
}
