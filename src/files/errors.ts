/**
 * Errors a user can act on. Anything else that is thrown is a fault of ours and ends with exit code 1.
 */
import { quoted } from './text/shown.js';

/** Exit codes of the command line (docs/exit-codes.md). */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  someInputsFailed: 3,
  model: 4,
  /** By Ctrl-C; finished work is kept. */
  interrupted: 130,
  /** By SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** One sentence that names the file or option and says what to do, with the exit code it leads to. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.usage, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A checkpoint, network or execution provider that cannot be used (exit code 4). */
export class ModelError extends UserError {
  override readonly name = 'ModelError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.model, options);
  }
}

/** One input that cannot be used: listed with its reason, costs nothing but itself. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** Whether another attempt may succeed: the file system refused, the content was not at fault. */
  readonly mayPass: boolean;

  constructor(
    message: string,
    { mayPass = false, ...options }: ErrorOptions & { mayPass?: boolean } = {},
  ) {
    super(message, options);
    this.mayPass = mayPass;
  }
}

/** `--batch_size: expected a whole number from 1 to 4096, received "x"` */
export function invalidOption(option: string, expected: string, received: unknown): UserError {
  return new UserError(`${option}: expected ${expected}, received ${quoted(received)}`);
}
