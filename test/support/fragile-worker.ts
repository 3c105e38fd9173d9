/** A worker for the tests of the pool: upper-cases words, and does as some of them say. */
import { UserError } from '../../src/files/errors.js';
import { serve } from '../../src/workers/serve.js';

export interface Setup {
  readonly fails?: 'with a sentence' | 'by ending' | 'by a signal' | 'by never coming back';
}

serve(async ({ fails }: Setup) => {
  if (fails === 'by ending') process.exit(7);
  if (fails === 'by a signal') process.kill(process.pid, 'SIGSEGV');
  while (fails === 'by never coming back');
  if (fails === 'with a sentence') throw new UserError('the model is broken', 4);
  return async (words: readonly string[]) => {
    if (words.includes('kill')) process.kill(process.pid, 'SIGKILL');
    if (words.includes('throw')) throw new Error('thrown in the worker');
    if (words.includes('pid')) return [String(process.pid)];
    return words.map((word) => word.toUpperCase());
  };
});
