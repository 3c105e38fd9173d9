import type { InputError } from '../files/errors.js';
import type { Ending } from '../workers/pool.js';

/** An input that could not be used, and why, in a few words. */
export interface FailedInput {
  readonly kind: 'failed';
  readonly path: Buffer;
  readonly reason: string;
  /** Whether another attempt may succeed. */
  readonly mayPass: boolean;
}

/** @param mayPass whether another attempt may succeed: the file system refused, the content was not at fault */
export function failedInput(path: Buffer, reason: string, mayPass = false): FailedInput {
  return { kind: 'failed', path, reason, mayPass };
}

export function failedBy(path: Buffer, { message, mayPass }: InputError): FailedInput {
  return failedInput(path, message, mayPass);
}

/** The result for an input whose worker ended while it held nothing else. */
export function lostInput({ path }: { readonly path: Buffer }, ending: Ending): FailedInput {
  // With more time or memory it may pass.
  return failedInput(path, reasonOf(ending), true);
}

function reasonOf(ending: Ending): string {
  if (ending.kind === 'timed_out') return `takes longer than --image_timeout ${ending.limit}`;
  const { how } = ending;
  const why = how === 'SIGKILL' ? `${how}: most likely memory ran out` : how;
  return `the process that worked on it ended (${why})`;
}
