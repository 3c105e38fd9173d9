/** The options of a command for commander, which only collects their words: `commandOptions` reads them. */
import { type Command, Option } from 'commander';
import type { CommandName } from './commands.js';
import type { OptionRow } from './row.js';
import { rowsOfCommand } from './table.js';

export function addOptions(command: Command, name: CommandName): void {
  const rows = rowsOfCommand(name);
  for (const row of rows) {
    // Those that are missing are told by commandOptions: commander would name them before a mistyped one.
    command.addOption(new Option(flags(row), description(row)).helpGroup(row.group));
  }
  const last = rows.at(-1)?.group;
  if (last !== undefined) command.optionsGroup(last);
  command.helpOption('-h, --help', 'print this help');
}

/** `--min_face_size <pixels>` */
function flags({ name, value: { placeholder } }: OptionRow): string {
  return placeholder === undefined ? `--${name}` : `--${name} <${placeholder}>`;
}

/** With the default: `side of the smallest face to find (mtcnn; default: 100)`. */
function description({ help, only, shown, value, ...row }: OptionRow): string {
  const hasText = typeof row.default !== 'function' && row.default !== undefined;
  const byDefault = shown ?? (hasText ? value.text(row.default) : undefined);
  if (byDefault === undefined) return help;
  return `${help} (${only === undefined ? '' : `${only.is}; `}default: ${byDefault})`;
}
