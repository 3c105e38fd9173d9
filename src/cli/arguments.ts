/** The commands that take an argument, which is one of a few words. */
import { Argument, type Command } from 'commander';
import { COMMAND_NAMES, type CommandName } from '../options/commands.js';
import { PAGES } from './pages.js';

interface CommandArgument {
  /** `<name>`, or `[name]` where it may be left out. */
  readonly name: string;
  readonly help: string;
  readonly choices: readonly string[];
  /** What follows in the help. */
  readonly after?: string;
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const INSTALLING = `
Try it in this shell:
  source <(facecls completion bash)              bash, zsh (after compinit)
  facecls completion fish | source               fish
Keep it, by writing the script to
  ~/.local/share/bash-completion/completions/facecls
                                                 bash (package bash-completion)
  _facecls in a folder of $fpath                 zsh
  ~/.config/fish/completions/facecls.fish        fish`;

export const ARGUMENTS: { readonly [C in CommandName]?: CommandArgument } = {
  completion: {
    name: '<shell>',
    help: 'for which shell: bash, zsh, fish',
    choices: SHELLS,
    after: INSTALLING,
  },
  help: {
    name: '[topic]',
    help: 'a command or a page',
    choices: [...COMMAND_NAMES, ...Object.keys(PAGES)],
  },
};

export function addArgument(command: Command, of: CommandName): void {
  const argument = ARGUMENTS[of];
  if (argument === undefined) return;
  const { name, help, choices, after } = argument;
  command.addArgument(new Argument(name, help).choices(choices));
  if (after !== undefined) command.addHelpText('after', after);
}
