import type { Command } from 'commander';
import type { ExitCode } from '../files/errors.js';
import type { CommandName } from '../options/commands.js';
import type { OptionsOf } from '../options/table.js';

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

/** A command's module: cli.ts loads it only when its command is run. */
export interface CommandModule<C extends CommandName> {
  /** Does the work. The command itself is for those that speak of the command line. */
  execute(options: OptionsOf<C>, command: Command): Promise<CommandResult>;
}
