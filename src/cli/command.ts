import type { Command } from 'commander';
import type { ExitCode } from '../files/errors.js';

/** What a command did: printed by cli.ts, which also turns it into the exit code. */
export interface CommandResult {
  /** For standard output: one line, before which a table may stand. */
  readonly summary: string;
  /** The same for programs, printed instead with --json. */
  readonly record: object;
  /** Inputs that could not be used; any makes the exit code 3. */
  readonly failed: number;
  /** Where neither 0 nor 3 is meant. */
  readonly exitCode?: ExitCode;
}

/** A command's module: cli.ts loads it only when its command is asked for. */
export interface CommandModule {
  /** Adds the command's options. */
  define(command: Command): void;
  /**
   * Does the work. Options have passed the parsers that `define` set; the command itself is for those that speak of
   * the command line.
   */
  // biome-ignore lint/suspicious/noExplicitAny: commander hands each command its own options
  execute(options: any, command: Command): Promise<CommandResult>;
}
