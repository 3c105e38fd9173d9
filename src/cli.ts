/** From the command line to a command; the one place that prints a result or an error and knows exit codes. */
import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { addArgument } from './cli/arguments.js';
import type { CommandModule, CommandResult } from './cli/command.js';
import { PAGES } from './cli/pages.js';
import { printJson, printText } from './cli/terminal.js';
import { ExitCode, UserError } from './files/errors.js';
import { fileErrorReason, writeRemedy } from './files/file-errors.js';
import { cannotBeLoaded, packageVersion } from './files/package.js';
import { forTerminal, shown } from './files/text/shown.js';
import { shownPath } from './files/text/shown-path.js';
import { addOptions } from './options/command-line.js';
import { COMMAND_NAMES, COMMANDS, type CommandName } from './options/commands.js';
import { commandOptions } from './options/settle.js';
import { isFlag, isOption } from './options/table.js';

/** Modules are loaded when their command is run: `--help` needs neither sharp nor onnxruntime. */
const MODULES: { readonly [C in CommandName]: () => Promise<CommandModule<C>> } = {
  run: () => import('./commands/run.js'),
  align: () => import('./commands/align.js'),
  infer: () => import('./commands/infer.js'),
  convert: () => import('./commands/convert.js'),
  consensus: () => import('./commands/consensus.js'),
  evaluate: () => import('./commands/evaluate.js'),
  composition: () => import('./commands/composition.js'),
  balance: () => import('./commands/balance.js'),
  merge: () => import('./commands/merge.js'),
  doctor: () => import('./commands/doctor.js'),
  completion: () => import('./commands/completion.js'),
  help: () => import('./commands/help.js'),
};

/** The command that the scripts of `facecls completion` run. */
const COMPLETE = '__complete';

/**
 * @param args command-line arguments without node and script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) is no error; a full disk is, but not one of our code.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    printText(`facecls: cannot write to standard output: ${error.message}`);
    process.exitCode = ExitCode.failure;
  });
  // Messages are lost where nobody takes them (a full disk, a reader that has left); results are not.
  process.stderr.on('error', () => {});
  try {
    if (args[0] === COMPLETE) {
      const { complete } = await import('./cli/complete.js');
      process.stdout.write(`${complete(args.slice(1))}\n`);
      return ExitCode.ok;
    }
    const result = await parseAndExecute(args);
    if (result?.exitCode !== undefined) return result.exitCode;
    return result !== undefined && result.failed > 0 ? ExitCode.someInputsFailed : ExitCode.ok;
  } catch (error) {
    return tellError(error as Error, args);
  }
}

/** @returns the exit code */
function tellError(error: Error, args: readonly string[]): number {
  const debug = args.includes('--debug');
  const isJson = args.includes('--json');
  const exitCode = exitCodeOf(error);
  if (error instanceof CommanderError) {
    // commander has printed the help that was asked for, or its own message.
    if (exitCode === ExitCode.ok || !isJson) return exitCode;
  }
  const message =
    error instanceof CommanderError
      ? withShown(error.message, args).replace(/^error: /, '')
      : sentenceFor(error);
  if (isJson) {
    const { stack } = error;
    const about = { message, exit_code: exitCode, ...(debug && { stack }) };
    printJson({ error: about }, process.stderr);
  } else {
    printText(`facecls: ${debug ? error.stack : message}`);
  }
  return exitCode;
}

function exitCodeOf(error: Error): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (isFolderGone(error)) return ExitCode.usage;
  return error instanceof UserError ? error.exitCode : ExitCode.failure;
}

/** Of the current folder: any path that is not absolute asks where it is. */
function isFolderGone(error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall === 'uv_cwd';
}

function sentenceFor(error: Error): string {
  if (error instanceof UserError) return error.message;
  if (isFolderGone(error)) {
    return 'the current folder: is gone, and relative paths with it; cd into a folder that exists';
  }
  const { path, errno, code } = error as NodeJS.ErrnoException;
  // The system refused what nothing above expected it to.
  if (errno !== undefined) {
    const what = path === undefined ? '' : `${shownPath(path)}: `;
    return `${what}${fileErrorReason(error)}; ${writeRemedy(error) ?? 'run the command again'}`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return cannotBeLoaded('a part of facecls', error);
  }
  return `unexpected failure: ${error.message}`;
}

async function parseAndExecute(args: readonly string[]): Promise<CommandResult | undefined> {
  let result: CommandResult | undefined;
  const program = new Command('facecls')
    .description(
      'Cuts out and aligns every face in folders of photographs, and labels each with one of four perceived ethnic groups: African, Asian (East Asian), Caucasian, Indian. For auditing and balancing face data sets in aggregate.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput(outputOf(args))
    .showHelpAfterError('(facecls --help lists the commands)')
    .addHelpText('after', AFTER_COMMANDS);
  for (const name of COMMAND_NAMES) {
    const command = program
      .command(name)
      .description(COMMANDS[name])
      .showHelpAfterError(`(facecls ${name} --help lists the options)`)
      .allowExcessArguments(false)
      .action(async () => {
        result = await execute(name, command);
      });
    addOptions(command, name);
    addArgument(command, name);
  }
  await program.parseAsync(args.map(withUnderscores), { from: 'user' });
  return result;
}

async function execute<C extends CommandName>(name: C, command: Command): Promise<CommandResult> {
  const options = commandOptions(name, command.opts());
  const module = await MODULES[name]();
  const result = await module.execute(options, command);
  const { json, quiet } = command.opts();
  if (json) printJson(result.record, process.stdout);
  else if (!quiet) printText(result.summary, process.stdout);
  return result;
}

const AFTER_COMMANDS = `
Pages (facecls help PAGE):
${Object.entries(PAGES)
  .map(([name, { description }]) => `  ${name.padEnd(12)}${description}`)
  .join('\n')}

Exit codes: 0 all inputs processed, 1 unexpected failure, 2 wrong usage,
3 finished but some inputs could not be used (they are listed) or more than a
tenth of the labels of evaluate are of no class, 4 a model could not be loaded
or a device is not to be had, 130 interrupted by Ctrl-C (143 by SIGTERM).

Example: facecls run --input_dir photographs --output_dir results --format csv`;

/** With --json, what commander says of an error is told as all errors are. */
function outputOf(args: readonly string[]): OutputConfiguration {
  const isJson = args.includes('--json');
  return {
    writeErr: (text) => isJson || process.stderr.write(forTerminal(text)),
    outputError: (text, write) =>
      write(`facecls: ${withShown(text, args).replace(/^error: /, '')}`),
  };
}

/** `--visualize=false`, which commander takes for the name of an option. */
const WITH_VALUE = /^error: unknown option '--(\w+)=/;

/** What commander says of arguments, which it repeats as they are. */
function withShown(text: string, args: readonly string[]): string {
  const flag = WITH_VALUE.exec(text)?.[1];
  const of = COMMAND_NAMES.find((name) => name === args[0]);
  if (flag !== undefined && of !== undefined && isFlag(of, flag)) {
    return `--${flag}: takes no value; give --${flag} alone, or leave it out${text.endsWith('\n') ? '\n' : ''}`;
  }
  return args
    .map(withUnderscores)
    .filter((arg) => shown(arg) !== arg)
    .reduce((told, arg) => told.replaceAll(arg, shown(arg)), text);
}

/** An option in its one spelling: `--in-dir` is `--in_dir`. A value after it is left as it is. */
function withUnderscores(arg: string): string {
  const [option] = arg.split('=', 1);
  const name = option.slice(2).replaceAll('-', '_');
  return arg.startsWith('--') && isOption(name) ? `--${name}${arg.slice(option.length)}` : arg;
}
