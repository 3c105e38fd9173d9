/** What a pool (pool.ts) and its workers (serve.ts) send each other. */
import { type ExitCode, ModelError, UserError } from '../files/errors.js';

/** What the pool sends to a worker: how to set itself up, once, then tasks. */
export type Request =
  | { readonly kind: 'setup'; readonly setup: unknown }
  | { readonly kind: 'task'; readonly id: number; readonly task: unknown };

/** What a worker sends: that it is set up, which inputs it is at work on, and what came of a task. */
export type Response =
  | { readonly kind: 'ready' }
  | { readonly kind: 'setup_failed'; readonly error: ThrownError }
  | { readonly kind: 'at_work'; readonly names: readonly string[]; readonly isAtWork: boolean }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ThrownError };

/** An error as it travels between processes. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a UserError. */
  readonly exitCode: ExitCode | undefined;
}

export function flatten(error: Error): ThrownError {
  const { name, message, stack } = error;
  return {
    name,
    message,
    stack,
    exitCode: error instanceof UserError ? error.exitCode : undefined,
  };
}

export function revive({ name, message, stack, exitCode }: ThrownError): Error {
  const error =
    name === 'ModelError'
      ? new ModelError(message)
      : exitCode === undefined
        ? new Error(message)
        : new UserError(message, exitCode);
  if (stack !== undefined) error.stack = stack;
  return error;
}
