import type { InputError } from '../files/errors.js';

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
export function lostInput({ path }: { readonly path: Buffer }, how: string): FailedInput {
  // Perhaps for want of memory.
  return failedInput(path, `the process that worked on it ended (${how})`, true);
}
