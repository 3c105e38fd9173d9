import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
const out = path.join(folder, 'out');

/** ESC, BEL, a newline, a right-to-left override. */
const HARMFUL = '\u001b]0;x\u0007\u202e\n\u200b';
const RAW = /(?!\n)[\p{Cc}\p{Cf}]/u;

test('an option that does not exist is named before one that is missing', async () => {
  for (const args of [
    ['infer', '--imput_dir', 'x'],
    ['evaluate', '--labls', 'x'],
    ['convert', '--checkpoint', 'x'],
  ]) {
    const { code, stderr } = await facecls(args);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^facecls: unknown option '${args[1]}'`));
  }
  const { code, stderr } = await facecls(['infer', '--input_dir', 'x']);
  assert.equal(code, 2);
  assert.match(stderr, /^facecls: --output_dir: is missing; give --output_dir <dir>/);
});

test('an option that takes no value is told to be given alone', async () => {
  const says = '--visualize: takes no value; give --visualize alone, or leave it out';
  const wrong = await facecls(['infer', '--input_dir', 'x', '--visualize=false']);
  assert.equal(wrong.code, 2);
  assert.equal(wrong.stderr.split('\n')[0], `facecls: ${says}`);
  const json = await facecls(['infer', '--visualize=', '--json']);
  assert.deepEqual(JSON.parse(json.stderr), { error: { message: says, exit_code: 2 } });
  const spelled = await facecls(['run', '--save-crops=true']);
  assert.match(spelled.stderr, /^facecls: --save_crops: takes no value; /);
  // Of other commands it is none.
  const other = await facecls(['align', '--visualize=false']);
  assert.match(other.stderr, /^facecls: unknown option '--visualize=false'/);
});

test('thresholds with commas between are told to be separated by spaces', async () => {
  const { code, stderr } = await facecls([
    ...['run', '--input_dir', folder, '--output_dir', out, '--thresholds', '0.6,0.7,0.7'],
  ]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /--thresholds: .*separated by spaces, as in 0\.6 0\.7 0\.7, received "0\.6,/,
  );
});

test('no value of the command line reaches the terminal raw', async () => {
  for (const args of [
    [`x${HARMFUL}`],
    ['infer', `--x${HARMFUL}`],
    ['infer', '--output_dir', out, '--batch_size', HARMFUL],
    ['infer', '--output_dir', out, '--device', HARMFUL],
    ['infer', '--output_dir', out, '--shard', HARMFUL],
    ['infer', '--output_dir', out, '--input_dir', HARMFUL],
    ['infer', '--output_dir', out, '--in_list', HARMFUL],
    ['convert', '--out', out, '--ckpt', HARMFUL],
    ['evaluate', '--output_dir', out, '--labels', HARMFUL, '--predictions', HARMFUL],
    ['consensus', '--output_dir', out, '--predictions', HARMFUL],
    ['merge', '--output_dir', out, '--inputs', HARMFUL],
    ['help', HARMFUL],
  ]) {
    const { code, stderr } = await facecls(args);
    assert.equal(code, 2, stderr);
    assert.doesNotMatch(stderr, RAW, args.join(' '));
    // The newline is not ours either.
    assert.match(stderr, /\\n\\u200b|\\u000a\\u200b/, args.join(' '));
  }
});

test('a value of 100 kB is cut', async () => {
  const long = 'x'.repeat(100_000);
  for (const option of ['--batch_size', '--ckpt', '--input_dir', '--in_list']) {
    const { code, stderr } = await facecls(['infer', '--output_dir', out, option, long]);
    assert.equal(code, 2);
    assert.ok(stderr.length < 600, `${option}: ${stderr.length}`);
  }
  for (const args of [[long], ['infer', `--${long}`], ['help', long]]) {
    for (const json of [[], ['--json']]) {
      const { code, stderr } = await facecls([...args, ...json]);
      assert.equal(code, 2);
      assert.ok(stderr.length < 800, `${stderr.length}`);
    }
  }
});

test('with --json an error is one JSON object on standard error', async () => {
  for (const [args, exitCode, message] of [
    [['infer', '--output_dir', out, '--input_dir', `${folder}/none`], 2, /none: no such folder/],
    [['infer', '--imput_dir', 'x'], 2, /^unknown option '--imput_dir'/],
    [['nonsense'], 2, /^unknown command 'nonsense'/],
    [['infer', '--output_dir', out, '--input_dir', HARMFUL], 2, /no such folder/],
  ] as const) {
    const { code, stdout, stderr } = await facecls([...args, '--json']);
    assert.equal(code, exitCode);
    assert.equal(stdout, '');
    assert.match(stderr, /^\{.*\}\n$/);
    assert.doesNotMatch(stderr, RAW);
    const { error } = JSON.parse(stderr);
    assert.deepEqual(Object.keys(error), ['message', 'exit_code']);
    assert.equal(error.exit_code, exitCode);
    assert.match(error.message, message);
  }
});

test('--help with --json is still the help', async () => {
  const { code, stdout, stderr } = await facecls(['infer', '--json', '--help']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  assert.match(stdout, /^Usage: facecls infer/);
});

test('the name of a failed image, of a folder with spaces, is quoted and escaped', async () => {
  const faces = path.join(folder, 'my faces');
  mkdirSync(faces);
  writeFileSync(path.join(faces, `a${HARMFUL}.jpg`), 'no image');
  writeFileSync(path.join(faces, 'other.x\u001b[2J\u202e'), 'no image');
  const { code, stdout, stderr } = await facecls([
    ...['infer', '--input_dir', faces, '--output_dir', `${out} put`],
  ]);
  assert.equal(code, 3, stderr);
  assert.doesNotMatch(stderr + stdout, RAW);
  assert.match(stderr, /my faces\/a\\u001b\]0;x\\u0007\\u202e\\n\\u200b\.jpg": not an image/);
  assert.match(stderr, /passed over: 1 other file /);
  assert.match(stdout, /results in ".*out put"\n$/);
});
