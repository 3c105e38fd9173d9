import type { CommandResult } from '../cli/command.js';
import type { OptionsOf } from '../options/table.js';

export async function execute(_options: OptionsOf<'balance'>): Promise<CommandResult> {
  throw new Error('in progress');
}
