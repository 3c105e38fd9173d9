import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { packageFile } from '../../src/files/package.js';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const photographs = path.join(folder, 'photographs');
const PHOTOGRAPHS = 60;

before(async () => {
  mkdirSync(photographs);
  const photograph = sharp(path.join(samplePhotographs(), 'sample2.jpg')).resize(900);
  const content = await photograph.jpeg().toBuffer();
  for (let i = 100; i < 100 + PHOTOGRAPHS; i++) {
    await sharp(content).toFile(path.join(photographs, `${i}.jpg`));
  }
});

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Sends the signal when the file has come to be longer than `bytes`. */
async function interrupt(
  args: readonly string[],
  file: string,
  signal: NodeJS.Signals,
): Promise<Ended> {
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...args]);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.resume();
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (existsSync(file)) break;
    await sleep(20);
  }
  child.kill(signal);
  return { code: await ended, stderr };
}

test('Ctrl-C finishes the work in flight, keeps it, and --check_exists goes on from there', async () => {
  const out = path.join(folder, 'align');
  const args = ['align', '--in_dir', photographs, '--out_dir', out];
  const { code, stderr } = await interrupt(args, path.join(out, '102.jpg_0.jpg'), 'SIGINT');
  assert.equal(code, 130, stderr);
  assert.match(stderr, /interrupted; \d+ images are finished; .*--check_exists/);
  assert.ok(!existsSync(path.join(out, 'align_manifest.jsonl')));
  const kept = readFileSync(path.join(out, 'align_manifest.jsonl.partial'), 'utf8');
  const rows = kept.trimEnd().split('\n').length;
  assert.ok(rows >= 3 && rows < PHOTOGRAPHS, `${rows}`);
  const crops = readdirSync(out).filter((name) => name.endsWith('_0.jpg'));
  assert.equal(crops.length, rows);

  const again = await facecls([...args, '--check_exists', '--json']);
  assert.equal(again.code, 0, again.stderr);
  const { counts } = JSON.parse(again.stdout);
  assert.equal(counts.finished_before, rows);
  assert.equal(counts.faces, PHOTOGRAPHS);
  const whole = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8');
  assert.equal(whole.trimEnd().split('\n').length, PHOTOGRAPHS);
  assert.ok(whole.startsWith(kept));
});

test('SIGTERM ends run the same way, with exit code 143 and no final names', async () => {
  const out = path.join(folder, 'run');
  const args = [
    ...['run', '--input_dir', photographs, '--output_dir', out],
    ...['--save_crops', '--ckpt', TINY_CLASSIFIER],
  ];
  const first = path.join(out, 'crops', '101.jpg_0.jpg');
  const { code, stderr } = await interrupt(args, first, 'SIGTERM');
  assert.equal(code, 143, stderr);
  assert.ok(!existsSync(path.join(out, 'pred_ethnicities.txt')));
  const kept = readFileSync(path.join(out, 'pred_ethnicities.txt.partial'), 'utf8');
  assert.match(kept, /^(.*#0 \w+\n)+$/);
  assert.match(stderr, /--resume goes on from there/);
  const again = await facecls([...args, '--resume', '--json']);
  assert.equal(again.code, 0, again.stderr);
  const finished = kept.trimEnd().split('\n').length;
  assert.equal(JSON.parse(again.stdout).counts.finished_before, finished);
  const whole = readFileSync(path.join(out, 'pred_ethnicities.txt'), 'utf8');
  assert.equal(whole.trimEnd().split('\n').length, PHOTOGRAPHS);
  assert.ok(whole.startsWith(kept));
  assert.deepEqual(readdirSync(out).sort(), [
    'align_manifest.jsonl',
    'crops',
    'pred_ethnicities.txt',
    'run.json',
  ]);
});

test('a reader that goes away is no error, and no stack trace', async () => {
  const child = spawn(process.execPath, [packageFile('bin/facecls.js'), '--help']);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(stderr, '');
  assert.equal(code, 0);
});

test('an error while a list is still being written ends the command at once', async () => {
  const child = spawn(process.execPath, [
    ...[packageFile('bin/facecls.js'), 'infer', '--in_list', '-', '--output_dir'],
    ...[path.join(folder, 'list'), '--ckpt', fixture('checkpoints/bad_nan.pth')],
  ]);
  child.stdin.on('error', () => {});
  child.stdin.write(`${fixture('align/crops/upstream/sample1.jpg_0.png')}\n`);
  const start = performance.now();
  const code = await new Promise((resolve) => child.on('exit', resolve));
  assert.equal(code, 4);
  assert.ok(performance.now() - start < 20_000);
});

test('an output folder that cannot be written is an error, not a hang', {
  skip: existsSync('/proc/version') ? false : 'needs Linux',
}, async () => {
  // Not even root can make a folder in /proc.
  const { code, stderr } = await facecls([
    ...['align', '--in_dir', photographs, '--out_dir', '/proc/facecls-out'],
  ]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /--out_dir \/proc\/facecls-out: cannot be created/);
});

test('nothing is written into the home folder', async () => {
  const home = path.join(folder, 'home');
  mkdirSync(home);
  const child = spawn(
    process.execPath,
    [
      ...[packageFile('bin/facecls.js'), 'infer', '--input_dir', fixture('align/crops/upstream')],
      ...['--output_dir', path.join(folder, 'out-home')],
    ],
    { env: { ...process.env, HOME: home, XDG_CACHE_HOME: home } },
  );
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
  assert.deepEqual(readdirSync(home), []);
});
