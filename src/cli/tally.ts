import { pathLine } from '../files/paths.js';
import type { Inputs } from '../inputs/open-inputs.js';
import type { CommonOptions } from '../options/options.js';
import type { FailedInput } from '../tasks/failed-input.js';
import { createProgress, type Progress } from './progress.js';

/** Failures that are also told while they happen; all are listed in the results. */
const FAILURES_TOLD = 10;

/** Counts the inputs of a run, and shows the counts while they change. */
export class Tally {
  seen = 0;
  failed = 0;
  /** Inputs that an earlier run had finished. */
  finishedBefore = 0;
  private progress: Progress | undefined;
  private readonly counting = new AbortController();

  constructor(
    private readonly name: string,
    private readonly inputs: Inputs,
    private readonly options: CommonOptions,
  ) {}

  async start(): Promise<void> {
    const { name, inputs, counting } = this;
    const quiet = this.options.quiet ?? false;
    const progress = await createProgress({ name, unit: 'images', quiet });
    this.progress = progress;
    // Only a bar on a terminal has use for the total: elsewhere the folder is read once.
    if (!process.stderr.isTTY || quiet) return;
    void inputs.count(counting.signal).then((total) => {
      if (total !== undefined && !counting.signal.aborted) progress.setTotal(total);
    });
  }

  /** One input is through. */
  add(result: object | FailedInput, wasFinishedBefore: boolean): void {
    this.seen += 1;
    if (wasFinishedBefore) this.finishedBefore += 1;
    if ('reason' in result) {
      this.failed += 1;
      if (this.failed <= FAILURES_TOLD) this.warn(`${pathLine(result.path)}: ${result.reason}`);
      if (this.failed === FAILURES_TOLD) {
        this.warn('(further failures are only listed in the results)');
      }
    }
    this.progress?.update(this.seen, this.failed);
  }

  warn(text: string): void {
    this.progress?.warn(text);
  }

  stop(): void {
    this.counting.abort();
    this.progress?.stop();
  }
}
