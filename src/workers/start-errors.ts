/** What is said when no worker process can be had. */
import { ExitCode, ModelError, UserError } from '../files/errors.js';
import { fileErrorReason } from '../files/file-errors.js';

const FEWER = 'free memory, or give a smaller --n_threads';

/** @param how the process ended, before any had been set up */
export function cannotStart(how: string): ModelError {
  const cause =
    how === 'SIGKILL'
      ? `the system ended it, most likely for want of memory; ${FEWER}`
      : 'loading the networks ended it; give another file to --ckpt or --mtcnn_pytorch_path, or see that memory is free';
  return new ModelError(`a worker process could not start (${how}): ${cause}`);
}

/** @param how the process ended, when others had been set up: the networks are not at fault */
export function cannotStartAgain(how: string): UserError {
  return new UserError(
    `a worker process could not start again (${how}): others had, so most likely memory is short; ${FEWER}, and go on from where this run ended`,
    ExitCode.failure,
  );
}

const REMEDIES: ReadonlyMap<string | undefined, string> = new Map([
  ['EAGAIN', 'end other processes, or raise the limit on them (ulimit -u)'],
  ['EMFILE', 'raise the limit on open files (ulimit -n)'],
  ['ENFILE', 'close other programs: the whole system has too many open files'],
  ['ENOMEM', FEWER],
  ['ENOENT', `see that ${process.execPath} and the current folder are still there`],
  ['EACCES', `see that ${process.execPath} may be run`],
]);

/** The system refused to start a process. */
export function cannotSpawn(error: NodeJS.ErrnoException): UserError {
  const reason = error.code === 'EAGAIN' ? 'too many processes' : fileErrorReason(error);
  const remedy = REMEDIES.get(error.code) ?? 'run the command again';
  return new UserError(
    `a worker process cannot be started: ${reason}; ${remedy}`,
    ExitCode.failure,
    { cause: error },
  );
}
