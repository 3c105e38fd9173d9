/** `facecls help`: the commands, the options of one, or a page on files and behaviour. */
import type { Command } from 'commander';
import type { CommandResult } from '../cli/command.js';
import { readPage } from '../cli/pages.js';

/** @param command whose parent has all commands, with the options of the one that is asked about */
export async function execute(_options: object, command: Command): Promise<CommandResult> {
  const [topic] = command.args;
  const program = command.parent!;
  // It prints, and ends by an error that says so.
  if (topic === undefined) return program.help();
  const about = program.commands.find((each) => each.name() === topic);
  if (about !== undefined) return about.help();
  const text = await readPage(topic);
  return { summary: text, record: { command: 'help', topic, text }, failed: 0 };
}
