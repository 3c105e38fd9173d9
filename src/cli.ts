/** From the command line to a command; the one place that prints a result or an error and knows exit codes. */
import { Command, CommanderError, type OutputConfiguration } from 'commander';
import type { CommandModule, CommandResult } from './cli/command.js';
import { PAGES } from './cli/pages.js';
import { ExitCode, UserError } from './files/errors.js';
import { packageVersion } from './files/package.js';

/** Modules are loaded when their command is asked for: `--help` needs neither sharp nor onnxruntime. */
const COMMANDS: readonly {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<CommandModule>;
}[] = [
  {
    name: 'run',
    description: 'photographs in, a label for each face out: align and infer in one pass',
    load: () => import('./commands/run.js'),
  },
  {
    name: 'align',
    description: 'cut every face out of photographs, aligned to 112x112',
    load: () => import('./commands/align.js'),
  },
  {
    name: 'infer',
    description: 'label aligned faces with one of four perceived ethnic groups',
    load: () => import('./commands/infer.js'),
  },
  {
    name: 'convert',
    description: 'convert a PyTorch checkpoint of the classifier to ONNX',
    load: () => import('./commands/convert.js'),
  },
  {
    name: 'consensus',
    description: 'list the identities (folders) that are of one class by most of their images',
    load: () => import('./commands/consensus.js'),
  },
  {
    name: 'evaluate',
    description: 'compare predictions with labels: accuracy, confusion matrix, calibration',
    load: () => import('./commands/evaluate.js'),
  },
  {
    name: 'merge',
    description: 'join the results of shards into those of one run',
    load: () => import('./commands/merge.js'),
  },
  {
    name: 'doctor',
    description: 'tell what this installation can use: devices, models, versions, speed',
    load: () => import('./commands/doctor.js'),
  },
  {
    name: 'completion',
    description: 'print a script that completes command lines in bash, zsh or fish',
    load: () => import('./commands/completion.js'),
  },
  // The last, since it has to know the others.
  {
    name: 'help',
    description: 'print the help of a command, or a page on files and behaviour',
    load: () => import('./commands/help.js'),
  },
];

/**
 * @param args command-line arguments without node and script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  const debug = args.includes('--debug');
  // A reader that has seen enough (`| head`) is no error; a full disk is, but not one of our code.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`facecls: cannot write to standard output: ${error.message}\n`);
    process.exitCode = ExitCode.failure;
  });
  try {
    const result = await parseAndExecute(args);
    if (result?.exitCode !== undefined) return result.exitCode;
    return result !== undefined && result.failed > 0 ? ExitCode.someInputsFailed : ExitCode.ok;
  } catch (error) {
    // commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    const { message, stack } = error as Error;
    const isUserError = error instanceof UserError;
    const text = isUserError ? message : `unexpected failure: ${message}`;
    process.stderr.write(`facecls: ${debug ? stack : text}\n`);
    return isUserError ? error.exitCode : ExitCode.failure;
  } finally {
    // A list that is still being written to it is not waited for.
    if (args.includes('-')) process.stdin.destroy();
  }
}

async function parseAndExecute(args: readonly string[]): Promise<CommandResult | undefined> {
  let result: CommandResult | undefined;
  const program = new Command('facecls')
    .description(
      'Cuts out and aligns every face in folders of photographs, and labels each with one of four perceived ethnic groups: African, Asian (East Asian), Caucasian, Indian. For auditing and balancing face data sets in aggregate.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput(OUTPUT)
    .showHelpAfterError('(facecls --help lists the commands)')
    .addHelpText('after', AFTER_COMMANDS);
  for (const { name, description, load } of COMMANDS) {
    const command = program
      .command(name)
      .description(description)
      .showHelpAfterError(`(facecls ${name} --help lists the options)`);
    // A completion script is of all commands.
    if (!args.includes(name) && !args.includes('completion')) continue;
    const { define, execute } = await load();
    define(command);
    command.allowExcessArguments(false).action(async () => {
      const options = command.opts();
      result = await execute(options, command);
      if (options.json) process.stdout.write(`${JSON.stringify(result.record)}\n`);
      else if (!options.quiet) process.stdout.write(`${result.summary}\n`);
    });
  }
  await program.parseAsync(withUnderscores(args, program), { from: 'user' });
  return result;
}

const AFTER_COMMANDS = `
Pages (facecls help PAGE):
${Object.entries(PAGES)
  .map(([name, { description }]) => `  ${name.padEnd(12)}${description}`)
  .join('\n')}

Exit codes: 0 all inputs processed, 1 unexpected failure, 2 wrong usage,
3 finished but some inputs could not be used (they are listed), 4 a model could
not be loaded or a device is not to be had, 130 interrupted by Ctrl-C (143 by
SIGTERM).

Example: facecls run --input_dir photographs --output_dir results --format csv`;

const OUTPUT: OutputConfiguration = {
  writeErr: (text) => process.stderr.write(text),
  outputError: (text, write) => write(text.replace(/^error: /, 'facecls: ')),
};

/** Options in their one spelling: `--in-dir` is `--in_dir`. Values are left as they are. */
function withUnderscores(args: readonly string[], program: Command): string[] {
  const known = new Set(
    program.commands.flatMap((command) => command.options.map((option) => option.long)),
  );
  return args.map((arg) => {
    const [name] = arg.split('=', 1);
    const underscored = `--${name.slice(2).replaceAll('-', '_')}`;
    return arg.startsWith('--') && known.has(underscored)
      ? underscored + arg.slice(name.length)
      : arg;
  });
}
