/** Names and paths that a file system may hold, through the commands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { joinPath, parsePathLine } from '../../src/files/paths.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import {
  bin,
  crop,
  HANG,
  LINUX,
  lines,
  readResults,
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
