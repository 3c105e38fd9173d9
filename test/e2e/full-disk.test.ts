/** Disks that are full, become full or take nothing, through the commands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { facecls, temporaryFolder } from '../support/cli.js';
import {
  assertSentence,
  bin,
  crops,
  HANG,
  LINUX,
  lines,
  SMALL_FACES,
  writeSmallPhotograph,
} from '../support/file-system.js';

const folder = temporaryFolder();
const photograph = path.join(folder, 'photograph.jpg');

before(() => writeSmallPhotograph(photograph));

function newFolder(...names: string[]): string {
  const made = path.join(folder, ...names);
  mkdirSync(made, { recursive: true });
  return made;
}

test('a summary that cannot be written ends with exit code 1, and all results are there', {
  skip: existsSync('/dev/full') ? false : 'needs /dev/full',
}, () => {
  const out = path.join(folder, 'full-summary');
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(
    process.execPath,
    [bin, 'infer', '--input_dir', crops, '--output_dir', out],
    { stdio: ['ignore', full, 'pipe'], encoding: 'utf8', ...HANG },
  );
  closeSync(full);
  assert.equal(status, 1);
  assertSentence(stderr, /standard output: .*no space left/);
  assert.equal(lines(out, 'pred_ethnicities.txt').length, 20);
});

/** A small file system in memory, for one test; where mounting is not allowed, the test is skipped. */
function smallDisk(t: TestContext, options: string): string | undefined {
  const disk = newFolder(`disk-${options}`);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status !== 0) {
    t.skip('needs the right to mount a file system');
    return undefined;
  }
  t.after(() => assert.equal(spawnSync('umount', ['-l', disk]).status, 0));
  return disk;
}

function remount(disk: string, options: string): void {
  assert.equal(spawnSync('mount', ['-o', `remount,${options}`, disk]).status, 0);
}

test(
  'a full disk ends every command with one sentence, and the earlier result stays',
  LINUX,
  async (t) => {
    const disk = smallDisk(t, 'size=64k');
    if (disk === undefined) return;
    const photographs = newFolder('photographs');
    cpSync(photograph, path.join(photographs, 'a.jpg'));
    for (const [command, inOption, outOption, input, name, options] of [
      ['infer', '--input_dir', '--output_dir', crops, 'pred_ethnicities.txt', []],
      ['align', '--in_dir', '--out_dir', photographs, 'align_manifest.jsonl', SMALL_FACES],
      ['run', '--input_dir', '--output_dir', photographs, 'pred_ethnicities.txt', SMALL_FACES],
    ] as const) {
      const out = path.join(disk, command);
      mkdirSync(out);
      const earlier = path.join(out, name);
      writeFileSync(earlier, 'earlier\n');
      const record = path.join(out, command === 'align' ? 'align.json' : 'run.json');
      const recorded = JSON.stringify({ command, made_with: {}, files: [{ name }] });
      writeFileSync(record, recorded);
      // Three pages of memory are left, one less than lock, journal, result and record need.
      const filler = path.join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(11 * 4096));
      const { code, stdout, stderr } = await facecls([
        ...[command, inOption, input, outOption, out, '--overwrite', ...options],
      ]);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, '');
      assertSentence(stderr, /cannot write .*: no space left on the device; free some space/);
      assert.equal(readFileSync(earlier, 'utf8'), 'earlier\n');
      assert.equal(readFileSync(record, 'utf8'), recorded);
      assert.ok(!existsSync(path.join(out, '.facecls.lock')));
      rmSync(out, { recursive: true });
      rmSync(filler);
    }
  },
);

test(
  'a disk that becomes full under align keeps whole crops, and the rest is made later',
  LINUX,
  async (t) => {
    const disk = smallDisk(t, 'size=64k');
    if (disk === undefined) return;
    const input = newFolder('many');
    const names = Array.from({ length: 14 }, (_, i) => `${i + 10}.jpg`);
    for (const name of names) cpSync(photograph, path.join(input, name));
    const out = path.join(disk, 'out');
    const args = ['align', '--in_dir', input, '--out_dir', out, ...SMALL_FACES];
    const { code, stderr } = await facecls(args);
    assert.equal(code, 1, stderr);
    assertSentence(stderr, /cannot write .*: no space left on the device; free some space/);
    const files = readdirSync(out);
    assert.ok(!files.includes('align_manifest.jsonl'));
    const written = files.filter((name) => name.endsWith('.jpg'));
    for (const name of written) {
      const { info } = await sharp(path.join(out, name))
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.width, info.height], [112, 112]);
    }
    // As many rows as there was room for; the last may be cut off.
    const partial = readFileSync(path.join(out, 'align_manifest.jsonl.partial'), 'utf8');
    const rows = partial.split('\n').slice(0, -1);
    for (const row of rows) assert.ok(existsSync(JSON.parse(row).crop), row);
    remount(disk, 'size=1m');
    const finished = await facecls([...args, '--check_exists', '--json']);
    assert.equal(finished.code, 0, finished.stderr);
    const { counts } = JSON.parse(finished.stdout);
    assert.equal(counts.seen, names.length);
    assert.ok(
      rows.length - counts.finished_before <= (partial.endsWith('\n') ? 0 : 1),
      finished.stdout,
    );
    assert.equal(lines(out, 'align_manifest.jsonl').length, names.length);
    // What a worker was writing when the run ended had a hidden name, and the second run took it away.
    assert.deepEqual(
      readdirSync(out).filter((name) => name.startsWith('.')),
      [],
    );
  },
);

test(
  'a full disk under infer keeps the rows it took; one without room for a name keeps nothing',
  LINUX,
  async (t) => {
    const disk = smallDisk(t, 'size=64k,nr_inodes=8');
    if (disk === undefined) return;
    const out = path.join(disk, 'out');
    // Short paths, so that the lock and each result have room on a page of memory, and the journal on two; five are left.
    const args = ['infer', '--input_dir', 'upstream', '--output_dir', out];
    const options = ['--format', 'txt,csv,jsonl'];
    const cwd = path.dirname(crops);
    writeFileSync(path.join(disk, 'filler'), Buffer.alloc(44 * 1024));
    const full = await facecls([...args, ...options], { cwd });
    assert.equal(full.code, 1, full.stderr);
    assertSentence(full.stderr, /cannot write .*predictions\.jsonl: no space left on the device/);
    assert.deepEqual(readdirSync(out).sort(), [
      'infer_journal-1.jsonl',
      'pred_ethnicities.txt.partial',
      'predictions.csv.partial',
      'predictions.jsonl.partial',
    ]);
    const kept = lines(out, 'pred_ethnicities.txt.partial').map((line) =>
      line.replace(/ \w+$/, ''),
    );
    const names = readdirSync(crops).sort();
    assert.ok(kept.length > 0);
    assert.deepEqual(
      kept,
      names.slice(0, kept.length).map((name) => `upstream/${name}`),
    );

    rmSync(out, { recursive: true });
    // Of eight files the folder, its parent and three fillers leave room for three.
    for (let i = 1; i < 3; i++) writeFileSync(path.join(disk, `filler${i}`), '');
    const nameless = await facecls([...args, ...options], { cwd });
    assert.equal(nameless.code, 1, nameless.stderr);
    assertSentence(nameless.stderr, /cannot write .*predictions\.csv: no space left on the device/);
    assert.ok(!existsSync(out), 'the folder that was made for it goes, too');
  },
);

test(
  'a read-only disk ends each command with one sentence, whatever was to be written',
  LINUX,
  async (t) => {
    const disk = smallDisk(t, 'size=1m');
    if (disk === undefined) return;
    const photographs = newFolder('read-only');
    cpSync(photograph, path.join(photographs, 'a.jpg'));
    const out = path.join(disk, 'out');
    const align = ['align', '--in_dir', photographs, ...SMALL_FACES, '--out_dir'];
    const infer = ['infer', '--input_dir', crops, '--output_dir'];
    const run = ['run', '--input_dir', photographs, '--output_dir'];
    assert.equal((await facecls([...align, out])).code, 0);
    const before = readdirSync(out);
    remount(disk, 'ro');
    for (const [args, code, pattern] of [
      [[...infer, out], 1, /cannot write .*\.facecls\.lock: the file system is read-only/],
      [
        [...align, out, '--check_exists'],
        1,
        /cannot write .*\.facecls\.lock: the file system is read-only/,
      ],
      [[...run, `${disk}/new`], 1, /--output_dir .*new: the file system is read-only/],
    ] as const) {
      const ended = await facecls(args);
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
      assertSentence(ended.stderr, pattern);
    }
    assert.deepEqual(readdirSync(out), before);
  },
);
