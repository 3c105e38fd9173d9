/**
 * A worker for the tests of how a pool watches its workers. It says what it is at work on, and does as words say:
 * `block` never gives its event loop back, `wait` never ends, `kill` ends the process, `pid` is its number. It fails
 * to be set up while `failing` names a file that is there, or, with `once`, takes that file away as it fails.
 */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../../src/workers/serve.js';

export interface Setup {
  readonly failing?: string;
  readonly once?: boolean;
  /** Milliseconds that each word takes. */
  readonly pace?: number;
}

serve(async ({ failing, once = false, pace = 0 }: Setup, report) => {
  if (failing !== undefined && existsSync(failing)) {
    if (once) rmSync(failing);
    process.kill(process.pid, 'SIGKILL');
  }
  const work = async (word: string): Promise<string> => {
    if (word.startsWith('block')) for (;;);
    if (word.startsWith('wait')) await sleep(100_000);
    if (word.startsWith('kill')) process.kill(process.pid, 'SIGKILL');
    await sleep(pace);
    return word.startsWith('pid') ? String(process.pid) : word.toUpperCase();
  };
  return async (words: readonly string[]) => {
    const results: string[] = [];
    for (const word of words) {
      report([word], true);
      results.push(await work(word));
      report([word], false);
    }
    return results;
  };
});
