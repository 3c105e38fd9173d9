/** What the file system may hold and answer, through the commands: special files, names, changes, full disks. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { packageFile } from '../../src/files/package.js';
import { joinPath, parsePathLine } from '../../src/files/paths.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';

const LINUX = { skip: process.platform === 'linux' ? false : 'needs Linux' };
const NOBODY = 65534;
/** A command that hangs is ended, and its test fails. */
const HANG = { timeout: 120_000, killSignal: 'SIGKILL' } as const;

const folder = temporaryFolder();
const crops = fixture('align/crops/upstream');
const crop = path.join(crops, 'sample2.jpg_0.png');
const photograph = path.join(folder, 'photograph.jpg');
const bin = packageFile('bin/facecls.js');
const SMALL_FACES = ['--min_face_size', '40'];

before(async () => {
  await sharp(path.join(samplePhotographs(), 'sample2.jpg')).resize(320).toFile(photograph);
});

function newFolder(...names: string[]): string {
  const made = path.join(folder, ...names);
  mkdirSync(made, { recursive: true });
  return made;
}

function lines(...file: string[]): string[] {
  const text = readFileSync(path.join(...file), 'utf8');
  assert.ok(text.endsWith('\n'), file.join('/'));
  return text.slice(0, -1).split('\n');
}

/** Predicted files and failed ones with their reasons, by their paths below `input`. */
function readResults(out: string, input: string): { predicted: string[]; failed: object } {
  const below = (line: string) => path.relative(input, parsePathLine(line).toString());
  const failures = existsSync(path.join(out, 'failed.txt')) ? lines(out, 'failed.txt') : [];
  return {
    predicted: lines(out, 'pred_ethnicities.txt').map((line) => below(line.replace(/ \w+$/, ''))),
    failed: Object.fromEntries(
      failures.map((line) => line.split('\t')).map(([file, reason]) => [below(file), reason]),
    ),
  };
}

test(
  'pipes, sockets, devices and links to nowhere are listed and never waited for',
  LINUX,
  async () => {
    const input = newFolder('special');
    cpSync(crop, path.join(input, 'good.png'));
    const expected: Record<string, string> = {
      'dangling.jpg': 'no such file or folder',
      'loop.jpg': 'a link that leads back to itself',
      'pipe.jpg': 'not a regular file',
      'socket.jpg': 'not a regular file',
      'zero.jpg': 'not a regular file',
    };
    symlinkSync('nowhere', path.join(input, 'dangling.jpg'));
    symlinkSync('loop.jpg', path.join(input, 'loop.jpg'));
    assert.equal(spawnSync('mkfifo', [path.join(input, 'pipe.jpg')]).status, 0);
    // Reading it would never end.
    symlinkSync('/dev/zero', path.join(input, 'zero.jpg'));
    // Only root may make one.
    if (spawnSync('mknod', [path.join(input, 'device.jpg'), 'c', '1', '5']).status === 0) {
      expected['device.jpg'] = 'not a regular file';
    }
    const server = createServer().listen(path.join(input, 'socket.jpg'));
    try {
      const inferred = path.join(folder, 'special-inferred');
      const { code, stderr } = await facecls([
        ...['infer', '--input_dir', input, '--output_dir', inferred, '--follow_links'],
      ]);
      assert.equal(code, 3, stderr);
      assert.deepEqual(readResults(inferred, input), { predicted: ['good.png'], failed: expected });

      const aligned = path.join(folder, 'special-aligned');
      const list = Object.keys(expected).sort().join('\n');
      const listed = await facecls(
        ['align', '--in_dir', input, '--out_dir', aligned, '--in_list', '-', '--follow_links'],
        { input: list },
      );
      assert.equal(listed.code, 3, listed.stderr);
      const rows = lines(aligned, 'align_manifest.jsonl').map((line) => JSON.parse(line));
      assert.deepEqual(
        Object.fromEntries(rows.map(({ source, reason }) => [path.basename(source), reason])),
        expected,
      );
    } finally {
      server.close();
    }
  },
);

test(
  'files and folders that may not be read are listed, and the others are not lost',
  LINUX,
  async (t) => {
    // Permissions do not bind root, so the command is run as somebody else.
    const user = process.getuid?.() === 0 ? { uid: NOBODY } : {};
    if (spawnSync(process.execPath, [bin, '--version'], user).status !== 0) {
      return t.skip('nobody may read this package');
    }
    chmodSync(folder, 0o755);
    const input = newFolder('locked');
    for (const name of ['a.png', 'b/hidden.png', 'c/no-way-in.png', 'secret.png', 'z.png']) {
      mkdirSync(path.dirname(path.join(input, name)), { recursive: true });
      cpSync(crop, path.join(input, name));
    }
    const out = newFolder('locked-out');
    chmodSync(out, 0o777);
    chmodSync(path.join(input, 'secret.png'), 0);
    chmodSync(path.join(input, 'b'), 0);
    chmodSync(path.join(input, 'c'), 0o444);
    t.after(() => {
      for (const name of ['b', 'c']) chmodSync(path.join(input, name), 0o755);
    });
    const args = ['infer', '--input_dir', input, '--output_dir'];
    const { code, stderr } = await facecls([...args, out], user);
    assert.equal(code, 3, stderr);
    assert.deepEqual(readResults(out, input), {
      predicted: ['a.png', 'z.png'],
      failed: {
        b: 'folder cannot be read: permission denied',
        'c/no-way-in.png': 'permission denied',
        'secret.png': 'permission denied',
      },
    });
    const locked = await facecls(
      ['infer', '--input_dir', path.join(input, 'b'), '--output_dir', out],
      user,
    );
    assert.equal(locked.code, 2);
    assert.match(locked.stderr, /^facecls: --input_dir .*b: permission denied; [^\n]+\n$/);

    chmodSync(out, 0o555);
    const refused = await facecls([...args, out, '--overwrite'], user);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^facecls: cannot write .*infer_journal-1\.jsonl: permission denied; [^\n]+\n$/,
    );
    const notMade = await facecls([...args, path.join(out, 'new')], user);
    assert.equal(notMade.code, 2);
    assert.match(notMade.stderr, /^facecls: --output_dir .*new: permission denied; [^\n]+\n$/);
  },
);

test('names of any bytes go from photograph to crop to prediction', LINUX, async () => {
  const input = newFolder('bytes');
  const strange = [
    Buffer.from([0xff, 0xfe, ...Buffer.from('.jpg')]),
    Buffer.from([...Buffer.from('sub'), 0xc3, ...Buffer.from('/line\nfeed\x1b[31m.jpg')]),
    Buffer.from('"quoted" 照片.jpg'),
  ].sort(Buffer.compare);
  for (const name of strange) {
    const file = joinPath(Buffer.from(input), name);
    mkdirSync(file.subarray(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, readFileSync(photograph));
  }
  const aligned = path.join(folder, 'bytes-aligned');
  const args = ['align', '--in_dir', input, '--out_dir', aligned, ...SMALL_FACES, '--json'];
  const first = await facecls(args);
  assert.equal(first.code, 0, first.stderr);
  const rows = lines(aligned, 'align_manifest.jsonl').map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ source }) => parsePathLine(source)),
    strange.map((name) => joinPath(Buffer.from(input), name)),
  );
  for (const [i, row] of rows.entries()) {
    const file = joinPath(Buffer.from(aligned), Buffer.concat([strange[i], Buffer.from('_0.jpg')]));
    assert.deepEqual(parsePathLine(row.crop), file);
    assert.ok(existsSync(file), row.crop);
  }
  const again = await facecls([...args, '--check_exists']);
  assert.equal(JSON.parse(again.stdout).counts.finished_before, strange.length);

  const out = path.join(folder, 'bytes-inferred');
  const inferred = await facecls(['infer', '--input_dir', aligned, '--output_dir', out]);
  assert.equal(inferred.code, 0, inferred.stderr);
  assert.deepEqual(
    lines(out, 'pred_ethnicities.txt').map((line) => parsePathLine(line.replace(/ \w+$/, ''))),
    rows.map(({ crop: file }) => parsePathLine(file)),
  );
});

test('a current folder whose name is no UTF-8 is the one that is worked in', LINUX, async () => {
  const home = newFolder('home');
  const current = joinPath(Buffer.from(home), Buffer.from([0x62, 0xff]));
  mkdirSync(joinPath(current, Buffer.from('in')), { recursive: true });
  writeFileSync(joinPath(current, Buffer.from('in/a.png')), readFileSync(crop));
  // The second time, the grids of the first lie in the input folder.
  for (const _ of [1, 2]) {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      [
        ...['-c', 'cd b* && exec "$0" "$@"', process.execPath, bin, 'infer', '--json'],
        ...['--input_dir', 'in', '--output_dir', 'in/out', '--visualize', '--overwrite'],
      ],
      { cwd: home, encoding: 'utf8', ...HANG },
    );
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(stdout).counts.seen, 1);
  }
  assert.equal(readdirSync(home).length, 1);
});

test(
  'paths of 4,000 bytes are read and written; what is longer than any may be is listed',
  LINUX,
  async (t) => {
    const input = newFolder('in');
    /** Makes the folders for a file whose path has so many bytes. */
    const longPath = (length: number, from = input) => {
      let file = from;
      while (file.length + 201 < length - 20) file += `/${'d'.repeat(200)}`;
      mkdirSync(file, { recursive: true });
      return `${file}/${'n'.repeat(length - file.length - 5)}.jpg`;
    };
    const long = longPath(4000);
    // The longest that Linux knows; its crop's path would be longer still.
    const longest = longPath(4095);
    cpSync(photograph, long);
    cpSync(photograph, longest);
    const beyond = newFolder('beyond');
    cpSync(photograph, longPath(600, beyond));
    const moved = path.join(path.dirname(long), 'z');
    renameSync(beyond, moved);
    // Nothing can be removed by a path that is too long.
    t.after(() => renameSync(moved, beyond));

    // Of the same length as the input folder's.
    const out = path.join(folder, 'on');
    const { code, stderr } = await facecls([
      ...['align', '--in_dir', input, '--out_dir', out, ...SMALL_FACES],
    ]);
    assert.equal(code, 3, stderr);
    const rows = lines(out, 'align_manifest.jsonl').map((line) => JSON.parse(line));
    const rowOf = (source: string) => rows.find((row) => row.source === source);
    assert.equal(rowOf(long).crop, `${out}${long.slice(input.length)}_0.jpg`);
    assert.ok(existsSync(rowOf(long).crop));
    assert.equal(
      rowOf(longest).reason,
      'the result cannot be written: its name is too long for the file system',
    );
    const tooDeep = rows.filter(({ source }) => source.includes('/z/'));
    assert.equal(rows.length, 3);
    assert.equal(
      tooDeep[0].reason,
      'folder cannot be read: its name is too long for the file system',
    );

    const predictions = path.join(folder, 'long-inferred');
    const inferred = await facecls([
      ...['infer', '--input_dir', input, '--output_dir', predictions],
    ]);
    assert.equal(inferred.code, 3, inferred.stderr);
    const { predicted } = readResults(predictions, input);
    assert.deepEqual(predicted, [long, longest].map((file) => path.relative(input, file)).sort());
  },
);

test('an input folder that changes while it is read: each file that is gone is listed', {
  skip: process.platform === 'win32' && 'needs SIGSTOP',
}, async () => {
  const input = newFolder('changing');
  const put = (name: string) => {
    mkdirSync(path.dirname(path.join(input, name)), { recursive: true });
    cpSync(crop, path.join(input, name));
  };
  const first = Array.from({ length: 150 }, (_, i) => `a/${i + 100}.png`);
  const later = ['a/x-deleted.png', 'a/x-folder.png', 'a/x-pipe.png', 'a/x-truncated.png'];
  for (const name of [...first, ...later]) put(name);
  for (const name of ['b-removed/1.png', 'c-file/1.png', 'd/1.png']) put(name);

  const out = path.join(folder, 'changing-out');
  const child = spawn(
    process.execPath,
    [
      ...[bin, 'infer', '--input_dir', input, '--output_dir', out],
      ...['--n_threads', '1', '--batch_size', '1'],
    ],
    HANG,
  );
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  // From here on the folder `a` is listed, and the others are not.
  while (!existsSync(path.join(out, 'pred_ethnicities.txt.partial'))) {
    assert.equal(child.exitCode, null);
    await sleep(2);
  }
  child.kill('SIGSTOP');
  rmSync(path.join(input, 'a/x-deleted.png'));
  rmSync(path.join(input, 'a/x-folder.png'));
  put('a/x-folder.png/inside.png');
  rmSync(path.join(input, 'a/x-pipe.png'));
  spawnSync('mkfifo', [path.join(input, 'a/x-pipe.png')]);
  truncateSync(path.join(input, 'a/x-truncated.png'), 5000);
  put('a/y-added.png');
  rmSync(path.join(input, 'b-removed'), { recursive: true });
  rmSync(path.join(input, 'c-file'), { recursive: true });
  cpSync(crop, path.join(input, 'c-file'));
  put('d/2-added.png');
  put('e-added/1.png');
  child.kill('SIGCONT');
  assert.equal(await ended, 3);
  const { predicted, failed } = readResults(out, input);
  assert.deepEqual(predicted, [...first, 'd/1.png', 'd/2-added.png']);
  assert.deepEqual(failed, {
    'a/x-deleted.png': 'no such file or folder',
    'a/x-folder.png': 'not a regular file',
    'a/x-pipe.png': 'not a regular file',
    'a/x-truncated.png': 'damaged or incomplete PNG data (libpng read error)',
    'b-removed': 'folder cannot be read: no such file or folder',
    'c-file': 'folder cannot be read: a part of its path is not a folder',
  });
});

test('results inside the input folder are not taken as input, also when they are named by a link', async () => {
  const input = newFolder('nested');
  cpSync(photograph, path.join(input, 'photograph.jpg'));
  mkdirSync(path.join(input, 'results'));
  symlinkSync('results', path.join(input, 'link'));
  for (const out of ['results', 'link']) {
    const { code, stdout, stderr } = await facecls([
      ...['run', '--input_dir', input, '--output_dir', path.join(input, out), '--save_crops'],
      ...['--visualize', '--overwrite', '--json', ...SMALL_FACES],
    ]);
    assert.equal(code, 0, stderr);
    const { counts } = JSON.parse(stdout);
    assert.deepEqual([counts.seen, counts.predicted], [1, 1], out);
  }
  assert.deepEqual(readdirSync(path.join(input, 'results', 'crops')), ['photograph.jpg_0.jpg']);
});

/** One sentence, and nothing else. */
function assertSentence(stderr: string, pattern: RegExp): void {
  assert.match(stderr, /^facecls: [^\n]+\n$/);
  assert.match(stderr, pattern);
}

test('a result file on a full disk: one sentence, and the earlier result stays', {
  skip: existsSync('/dev/full') ? false : 'needs /dev/full',
}, async () => {
  const photographs = newFolder('photographs');
  cpSync(photograph, path.join(photographs, 'a.jpg'));
  for (const [command, inOption, outOption, input, name, options] of [
    ['infer', '--input_dir', '--output_dir', crops, 'pred_ethnicities.txt', []],
    ['align', '--in_dir', '--out_dir', photographs, 'align_manifest.jsonl', SMALL_FACES],
    ['run', '--input_dir', '--output_dir', photographs, 'pred_ethnicities.txt', SMALL_FACES],
  ] as const) {
    const out = newFolder(`full-${command}`);
    writeFileSync(path.join(out, name), 'earlier\n');
    // The file grows under this name; the device takes nothing.
    symlinkSync('/dev/full', path.join(out, `${name}.partial`));
    const { code, stdout, stderr } = await facecls([
      command,
      inOption,
      input,
      outOption,
      out,
      '--overwrite',
      ...options,
    ]);
    assert.equal(code, 1, stderr);
    assert.equal(stdout, '');
    assertSentence(
      stderr,
      new RegExp(`cannot write ${out}/${name}: no space left on the device; free some space`),
    );
    assert.equal(readFileSync(path.join(out, name), 'utf8'), 'earlier\n');
    assert.ok(!existsSync(path.join(out, 'run.json')));
  }
});

test('a summary that cannot be written is exit code 1, with all results there', {
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
  'a disk that becomes full under align: what is there is whole, and the rest is made later',
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
    // Short paths, so that each file has room on a page of memory and three pages are left for four files.
    const args = ['infer', '--input_dir', 'upstream', '--output_dir', out];
    const options = ['--format', 'txt,csv,jsonl'];
    const cwd = path.dirname(crops);
    writeFileSync(path.join(disk, 'filler'), Buffer.alloc(52 * 1024));
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
    // Of eight files the folder, its parent and four fillers leave room for two.
    for (let i = 1; i < 4; i++) writeFileSync(path.join(disk, `filler${i}`), '');
    const nameless = await facecls([...args, ...options], { cwd });
    assert.equal(nameless.code, 1, nameless.stderr);
    assertSentence(nameless.stderr, /cannot write .*predictions\.csv: no space left on the device/);
    assert.deepEqual(readdirSync(out), []);
  },
);

test('a read-only disk is one sentence, whatever was to be written', LINUX, async (t) => {
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
    [[...infer, out], 1, /cannot write .*infer_journal-1\.jsonl: the file system is read-only/],
    [[...align, out, '--check_exists'], 1, /align_journal-2\.jsonl: the file system is read-only/],
    [[...run, `${disk}/new`], 2, /--output_dir .*new: the file system is read-only/],
  ] as const) {
    const ended = await facecls(args);
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    assertSentence(ended.stderr, pattern);
  }
  assert.deepEqual(readdirSync(out), before);
});
