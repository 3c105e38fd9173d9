import { pathLine } from '../image/paths.js';
import type { FailedInput } from '../pipelines/decoded.js';
import type { Inputs } from './inputs.js';
import type { CommonOptions } from './options.js';
import { createProgress, type Progress } from './progress.js';

/** Failures that are also told while they happen; all are listed in the results. */
const FAILURES_TOLD = 10;

/** Counts the inputs of a run, and shows the counts while they change. */
export class Tally {
  seen = 0;
  failed = 0;

  private constructor(
    private readonly progress: Progress,
    private readonly counting: AbortController,
  ) {}

  static async start(name: string, inputs: Inputs, { quiet }: CommonOptions): Promise<Tally> {
    const progress = await createProgress({ name, unit: 'images', quiet: quiet ?? false });
    const counting = new AbortController();
    // Only a bar on a terminal has use for the total: elsewhere the folder is read once.
    if (process.stderr.isTTY && !quiet) {
      void inputs.count(counting.signal).then((total) => {
        if (total !== undefined && !counting.signal.aborted) progress.setTotal(total);
      });
    }
    return new Tally(progress, counting);
  }

  /** One input is through. */
  add(failure?: FailedInput): void {
    this.seen += 1;
    if (failure !== undefined) {
      this.failed += 1;
      if (this.failed <= FAILURES_TOLD) {
        this.progress.warn(`${pathLine(failure.path)}: ${failure.reason}`);
      }
      if (this.failed === FAILURES_TOLD) {
        this.progress.warn('(further failures are only listed in the results)');
      }
    }
    this.progress.update(this.seen, this.failed);
  }

  warn(text: string): void {
    this.progress.warn(text);
  }

  stop(): void {
    this.counting.abort();
    this.progress.stop();
  }
}
