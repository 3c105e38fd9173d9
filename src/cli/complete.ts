/**
 * What may stand at the cursor of a command line, from the table of options alone. The scripts of
 * `facecls completion` ask for it by the hidden command `__complete` at each press of the key.
 */
import { COMMAND_NAMES, COMMANDS, type CommandName } from '../options/commands.js';
import { rowsOfCommand } from '../options/table.js';
import { ARGUMENTS } from './arguments.js';

interface Candidate {
  readonly text: string;
  readonly description?: string;
}

const HELP: Candidate = { text: '--help', description: 'print this help' };
const VERSION: Candidate = { text: '--version', description: 'print the version' };

/**
 * @param words of the line after `facecls`, the last of them at the cursor; `=` may be a word of its own, as in bash
 * @returns a line `words` with a line for each candidate, its description after a tab; or one line, `files` or
 *   `folders`, which the shell finds. Candidates need not begin with what is at the cursor.
 */
export function complete(words: readonly string[]): string {
  const before = words.slice(0, -1).filter((word) => word !== '=');
  const current = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  const [, option, prefix] = /^(--[^=]*)(=)/.exec(current) ?? [];
  const { command, rest, waiting } = readWords(option === undefined ? before : [...before, option]);
  const row = rowsOf(command).find(({ name }) => name === waiting);
  if (row?.value.placeholder !== undefined) {
    const { isList, offered } = row.value;
    if (rest === 0 || (isList && !current.startsWith('-'))) {
      if (typeof offered === 'string') return offered;
      const start = option === undefined ? '' : option + prefix;
      return lines(offered.map((text) => ({ text: start + text })));
    }
  }
  const choices = choicesOf(command);
  if (current.startsWith('-') || choices.length === 0) return lines(optionsOf(command, current));
  return lines(rest === 0 ? choices : []);
}

/** The command, the last option as a name in the table, and how many words came after it or the command. */
function readWords(words: readonly string[]) {
  let command: string | undefined;
  let waiting: string | undefined;
  let rest = 0;
  for (const word of words) {
    if (word.startsWith('-')) {
      waiting = word.includes('=') ? undefined : word.slice(2).replaceAll('-', '_');
      rest = 0;
    } else if (command === undefined) {
      command = word;
      waiting = undefined;
    } else {
      rest += 1;
    }
  }
  return { command, waiting, rest };
}

function isCommand(name: string | undefined): name is CommandName {
  return COMMAND_NAMES.some((command) => command === name);
}

function rowsOf(command: string | undefined) {
  return isCommand(command) ? rowsOfCommand(command) : [];
}

/** In the spelling in which one was begun, with underscores or dashes. */
function optionsOf(command: string | undefined, current: string): Candidate[] {
  if (command === undefined) return [VERSION, HELP];
  if (!isCommand(command)) return [];
  const isDashed = /^--.*-/.test(current);
  const options = rowsOf(command).map(({ name, help }) => ({
    text: `--${isDashed ? name.replaceAll('_', '-') : name}`,
    description: help,
  }));
  return [...options, HELP];
}

function choicesOf(command: string | undefined): Candidate[] {
  if (command === undefined) {
    return COMMAND_NAMES.map((text) => ({ text, description: COMMANDS[text] }));
  }
  const choices = isCommand(command) ? ARGUMENTS[command]?.choices : undefined;
  return (choices ?? []).map((text) => ({ text }));
}

function lines(candidates: readonly Candidate[]): string {
  const all = candidates.map(({ text, description }) =>
    description === undefined ? text : `${text}\t${description}`,
  );
  return ['words', ...all].join('\n');
}
