/** `facecls completion`: a script that completes command lines in a shell. */
import type { Command } from 'commander';
import type { SHELLS } from '../cli/arguments.js';
import type { CommandResult } from '../cli/command.js';
import { completionScript } from '../cli/completion-scripts.js';
import { packageVersion } from '../files/package.js';

export async function execute(_options: object, command: Command): Promise<CommandResult> {
  const shell = command.args[0] as (typeof SHELLS)[number];
  const script = completionScript(shell, packageVersion());
  return { summary: script, record: { command: 'completion', shell, script }, failed: 0 };
}
