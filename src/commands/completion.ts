/**
 * `facecls completion`: a script that completes command lines in a shell, made from the commands' own definitions,
 * so that it offers what they accept. It is static: a key pressed does not start Node.js.
 */
import { Argument, type Command, type Option } from 'commander';
import type { CommandResult } from '../cli/command.js';
import { bashScript, fishScript, zshScript } from '../cli/completion-scripts.js';
import { packageVersion } from '../files/package.js';

/** What stands where a value is due; `nothing` is a number or a name that only the user knows. */
export type Value = 'files' | 'folders' | 'nothing' | readonly string[];

export interface Described {
  readonly name: string;
  readonly description: string;
}

export interface CompletedOption extends Described {
  /** Undefined where the option takes none. */
  readonly value: Value | undefined;
  /** Whether more values may follow the first. */
  readonly isVariadic: boolean;
}

export interface CompletedCommand extends Described {
  /** With long names, in the order of the help. */
  readonly options: readonly CompletedOption[];
  /** Values of its one argument; empty where it has none. */
  readonly choices: readonly string[];
}

export interface CommandLine {
  readonly version: string;
  readonly commands: readonly CompletedCommand[];
  /** Of the program itself, before a command. */
  readonly options: readonly CompletedOption[];
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function define(command: Command): void {
  command
    .addArgument(
      new Argument('<shell>', 'for which shell: bash, zsh, fish').choices(Object.keys(SCRIPTS)),
    )
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', INSTALLING);
}

const INSTALLING = `
Try it in this shell:
  source <(facecls completion bash)              bash, zsh (after compinit)
  facecls completion fish | source               fish
Keep it, by writing the script to
  ~/.local/share/bash-completion/completions/facecls
                                                 bash (package bash-completion)
  _facecls in a folder of $fpath                 zsh
  ~/.config/fish/completions/facecls.fish        fish`;

/** @param command whose parent has all commands, with their options */
export async function execute(_options: object, command: Command): Promise<CommandResult> {
  const shell = command.args[0] as keyof typeof SCRIPTS;
  const script = SCRIPTS[shell](commandLine(command.parent!));
  return { summary: script, record: { command: 'completion', shell, script }, failed: 0 };
}

function commandLine(program: Command): CommandLine {
  return {
    version: packageVersion(),
    options: optionsOf(program),
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: optionsOf(command),
      choices: command.registeredArguments[0]?.argChoices ?? [],
    })),
  };
}

function optionsOf(command: Command): CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap((option) =>
      option.long == null
        ? []
        : [
            {
              name: option.long,
              description: option.description,
              value: valueWanted(option),
              isVariadic: option.variadic,
            },
          ],
    );
}

/** What the option's parser offers, else what the help calls the value: `<dir>`, `<file>`. */
function valueWanted({ flags, required, optional, parseArg }: Option): Value | undefined {
  if (!required && !optional) return undefined;
  const { choices } = (parseArg ?? {}) as { readonly choices?: readonly string[] };
  if (choices !== undefined) return choices;
  const [, placeholder] = /[<[](\w+)/.exec(flags) ?? [];
  if (placeholder === 'dir') return 'folders';
  return placeholder === 'file' ? 'files' : 'nothing';
}
