/** The scripts in the shells themselves, as far as they are installed. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';

const COMMANDS = [
  ...['run', 'align', 'infer', 'convert', 'consensus', 'evaluate', 'composition', 'balance'],
  ...['merge', 'doctor'],
  ...['completion', 'help'],
];
const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu', 'dml', 'coreml'];
const PHOTOGRAPHS = ['my photographs', 'photographs'];

/** Words before the cursor, the one at the cursor, and what is offered, sorted. */
const LINES: readonly (readonly [before: string[], current: string, offered: string[]])[] = [
  [[], '', COMMANDS],
  [[], 'in', ['infer']],
  [[], '--v', ['--version']],
  [['infer'], '--dev', ['--device']],
  [['infer'], '--input_', ['--input_dir']],
  [['infer'], '--input-', ['--input-dir']],
  [['infer', '--visualize'], '--rep', ['--report', '--report_max_images']],
  [['infer', '--device'], '', DEVICES],
  [['infer', '--device'], 'c', ['coreml', 'cpu', 'cuda']],
  [['infer', '--device', 'cpu'], '--json', ['--json']],
  [['infer', '--device=cpu'], '--json', ['--json']],
  [['run', '--format'], 'csv', ['csv', 'csv,jsonl']],
  [['run', '--faces'], '', ['all', 'central', 'largest']],
  [['run', '--crop-format'], '', ['jpg', 'png']],
  [['convert', '--precision'], '', ['fp16', 'fp32']],
  [['run', '--shard'], 's', ['slurm']],
  [['run', '--batch_size'], '', []],
  [['run', '--thresholds', '0.9', '0.9'], '', []],
  [['run', '--thresholds', '0.9', '0.9'], '--nms', ['--nms_thresholds']],
  [['align', '--in_dir'], 'ph', ['photographs']],
  [['align', '--in-dir'], 'my', ['my photographs']],
  [['merge', '--inputs', 'photographs'], 'ph', ['photographs']],
  [['merge', '--inputs', 'photographs'], '--over', ['--overwrite']],
  [['infer', '--ckpt'], 'mod', ['model.onnx']],
  [['infer', '--ckpt'], '', ['model.onnx', ...PHOTOGRAPHS]],
  [['align', '--out_dir'], '', PHOTOGRAPHS],
  [['completion'], '', ['bash', 'fish', 'zsh']],
  [['completion', 'bash'], '', []],
  [['help'], 'ex', ['exit-codes']],
  [['help'], 'me', ['merge']],
];

const home = temporaryFolder();
/** Where the lines are typed. */
const folder = path.join(home, 'here');
const script = (shell: string) => path.join(home, `script.${shell}`);
/** Where the shell finds facecls, which the scripts ask. */
const programs = path.join(home, 'bin');

before(async () => {
  for (const name of PHOTOGRAPHS) mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, 'model.onnx'), '');
  mkdirSync(programs);
  symlinkSync(packageFile('bin/facecls.js'), path.join(programs, 'facecls'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await facecls(['completion', shell]);
    assert.equal(code, 0, stderr);
    writeFileSync(script(shell), stdout);
  }
});

/** The words that a shell prints, sorted; fish adds descriptions, and a slash to folders. */
async function ask(shell: string, options: readonly string[], ...args: string[]) {
  const { stdout, stderr } = await promisify(execFile)(shell, [...options, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: [programs, path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
      HOME: home,
      XDG_CONFIG_HOME: home,
    },
  });
  assert.equal(stderr, '');
  const words = stdout.split('\n').map((line) => line.split('\t')[0].replace(/\/$/, ''));
  return words.filter((word) => word !== '').sort();
}

const isMissing = Object.fromEntries(
  ['bash', 'zsh', 'fish'].map((shell) => [shell, spawnSync(shell, ['--version']).status !== 0]),
);

const BASH = `source "$1" && COMP_WORDS=(facecls "\${@:2}") && COMP_CWORD=$(($# - 1)) && _facecls
printf '%s\\n' "\${COMPREPLY[@]}"`;
const bash = (...words: string[]) =>
  ask('bash', ['--norc', '-c', BASH, 'bash'], script('bash'), ...words);

/** In place of the functions of zsh's completion, which need a terminal. */
const ZSH = `compdef() { [[ "$*" == '_facecls facecls' ]] }
compset() { cut=\${words[CURRENT]#*=} }
compadd() { shift; print -rl -- "$@" }
_describe() { [[ $1 == -o ]] && shift; print -rl -- "\${(@)\${(@P)2}%%:*}" }
_files() { [[ $1 == -/ ]] && print -rl -- *(/N) || print -rl -- *(N) }
source "$1"; words=(facecls "\${@:2}"); CURRENT=$#; _facecls || true`;

describe('lines', { concurrency: availableParallelism() }, () => {
  for (const [words, current, offered] of LINES) {
    const line = ['facecls', ...words, current].join(' ');

    test(`bash completes ${line}`, { skip: isMissing.bash }, async () => {
      // As its COMP_WORDBREAKS divides them.
      const divided = words.flatMap((word) => word.split(/(=)/));
      assert.deepEqual(await bash(...divided, current), [...offered].sort());
    });

    test(`zsh completes ${line}`, { skip: isMissing.zsh }, async () => {
      const all = await ask('zsh', ['-f', '-c', ZSH, 'zsh'], script('zsh'), ...words, current);
      const found = all.filter((word) => word.startsWith(current));
      assert.deepEqual(found, [...offered].sort());
    });

    test(`fish completes ${line}`, { skip: isMissing.fish }, async () => {
      const command = `source $argv[1]; complete -C $argv[2]`;
      assert.deepEqual(
        await ask('fish', ['--no-config', '-c', command], script('fish'), line),
        [...offered].sort(),
      );
    });
  }
});

test('a value after = is completed, however bash divides words', {
  skip: isMissing.bash,
}, async () => {
  assert.deepEqual(await bash('infer', '--device', '=', 'c'), ['coreml', 'cpu', 'cuda']);
  assert.deepEqual(await bash('infer', '--device', '='), [...DEVICES].sort());
  const whole = ['--device=coreml', '--device=cpu', '--device=cuda'];
  assert.deepEqual(await bash('infer', '--device=c'), whole);
  assert.deepEqual(await bash('align', '--in-dir=ph'), ['--in-dir=photographs']);
});

test('a value after = is completed by fish', { skip: isMissing.fish }, async () => {
  const command = `source $argv[1]; complete -C 'facecls infer --device=c'`;
  const found = await ask('fish', ['--no-config', '-c', command], script('fish'));
  assert.deepEqual(found, ['--device=coreml', '--device=cpu', '--device=cuda']);
});

test('the options offered are those of the help', { skip: isMissing.bash }, async () => {
  for (const command of COMMANDS) {
    const { stdout } = await facecls([command, '--help']);
    const inHelp = [...stdout.matchAll(/^ {2}(?:-\w, )?(--\w+)/gm)].map(([, name]) => name).sort();
    assert.ok(inHelp.length > 0, command);
    assert.deepEqual(await bash(command, '--'), inHelp, command);
  }
});

test('an unknown shell is wrong usage', async () => {
  const { code, stderr, stdout } = await facecls(['completion', 'csh']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /Allowed choices are bash, zsh, fish/);
});

test('a press of the key loads no image library, no runtime and no command', async () => {
  const coverage = path.join(home, 'coverage');
  const words = [packageFile('bin/facecls.js'), '__complete', 'infer', '--device', ''];
  const env = { ...process.env, NODE_V8_COVERAGE: coverage };
  const { stdout } = await promisify(execFile)(process.execPath, words, { env });
  assert.deepEqual(stdout.trim().split('\n'), ['words', ...DEVICES]);
  const loaded = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(path.join(coverage, name), 'utf8'));
    return result.map(({ url }: { url: string }) => url);
  });
  assert.ok(loaded.some((url) => url.endsWith('/cli/complete.js')));
  const heavy = /node_modules\/(?!commander)|src\/(commands|library|batch|workers|models|image)\//;
  assert.deepEqual(
    loaded.filter((url) => heavy.test(url)),
    [],
  );
});
