import type { InputError } from '../files/errors.js';

/** An input that could not be used, and why, in a few words. */
export interface FailedInput {
  readonly path: Buffer;
  readonly reason: string;
  /** Whether another attempt may succeed; false unless given. */
  readonly mayPass?: boolean;
}

/** The result for an input whose worker ended while it held nothing else. */
export function lostInput({ path }: { readonly path: Buffer }, how: string): FailedInput {
  // Perhaps for want of memory.
  return { path, reason: `the process that worked on it ended (${how})`, mayPass: true };
}

export function failed(path: Buffer, { message, mayPass }: InputError): FailedInput {
  return { path, reason: message, mayPass };
}
