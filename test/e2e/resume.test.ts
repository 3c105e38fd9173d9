import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';
import { contentOf, killAndGoOn, type Run, reference } from '../support/kills.js';

const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const photographs = path.join(folder, 'photographs');
const MODEL = ['--ckpt', TINY_CLASSIFIER];
const CROPS = 240;

before(async () => {
  const names = readdirSync(fixture('align/crops/upstream')).sort();
  for (let i = 0; i < CROPS; i++) {
    const name = names[i % names.length];
    const file = path.join(crops, String(i % 7), `${i} ${name}`);
    mkdirSync(path.dirname(file), { recursive: true });
    if (i % 50 === 30) writeFileSync(file, 'damaged');
    else copyFileSync(path.join(fixture('align/crops/upstream'), name), file);
  }
  await sharp(fixture('align/crops/upstream/sample1.jpg_0.png'))
    .resize(80, 90)
    .toFile(path.join(crops, '3', 'other size.png'));
  mkdirSync(photographs);
  for (let i = 0; i < 12; i++) {
    await sharp(path.join(samplePhotographs(), `sample${(i % 3) + 1}.jpg`))
      .resize(640)
      .jpeg()
      .toFile(path.join(photographs, `${i}.jpg`));
  }
  await sharp({ create: { width: 300, height: 200, channels: 3, background: 'grey' } })
    .jpeg()
    .toFile(path.join(photographs, '5 no face.jpg'));
  writeFileSync(path.join(photographs, '7 damaged.jpg'), 'damaged');
});

const inferOut = path.join(folder, 'infer');
const inferArgs = [
  ...['infer', '--input_dir', crops, '--output_dir', inferOut, '--format', 'csv,jsonl', ...MODEL],
];
const RUNS: readonly Run[] = [
  { name: 'infer', args: inferArgs, resume: '--resume', out: inferOut, exitCode: 3 },
  {
    name: 'align',
    args: [
      ...['align', '--in_dir', photographs, '--out_dir', path.join(folder, 'align')],
      ...['--min_face_size', '60'],
    ],
    resume: '--check_exists',
    out: path.join(folder, 'align'),
    exitCode: 3,
  },
  {
    name: 'run',
    args: [
      ...['run', '--input_dir', photographs, '--output_dir', path.join(folder, 'run')],
      ...['--min_face_size', '60', '--format', 'csv', '--save_crops', ...MODEL],
    ],
    resume: '--resume',
    out: path.join(folder, 'run'),
    exitCode: 3,
  },
];

for (const run of RUNS) {
  test(`${run.name} that is killed and gone on with gives the bytes of a whole run`, async () => {
    const whole = await reference(run);
    assert.ok(whole.content.size >= 2);
    // In the middle of the work, and late; the script `npm run kills` does many more, at random.
    const times = [0.6, 0.85].map((share) => share * whole.duration);
    assert.equal(await killAndGoOn(run, whole, times), undefined);
  });
}

const PREDICTIONS = 'pred_ethnicities.txt';

/** A run as if it had been killed after some lines of its journal, the last of them torn. */
async function cutOff(lines: number, extra: readonly string[] = []): Promise<void> {
  rmSync(inferOut, { recursive: true, force: true });
  const { code, stderr } = await facecls([...inferArgs, ...extra]);
  assert.equal(code, 3, stderr);
  const file = path.join(inferOut, 'infer_journal-1.jsonl');
  const kept = readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, lines + 2)
    .join('\n');
  for (const name of readdirSync(inferOut)) rmSync(path.join(inferOut, name));
  writeFileSync(file, kept.slice(0, -20));
}

async function resumed(extra: readonly string[] = []) {
  const { code, stdout, stderr } = await facecls([...inferArgs, '--resume', '--json', ...extra]);
  return { code, stderr, counts: code === 2 ? undefined : JSON.parse(stdout).counts };
}

test('what is finished is not done again: at most the work in flight is', async () => {
  await cutOff(100);
  const { code, counts } = await resumed();
  assert.equal(code, 3);
  assert.equal(counts.finished_before, 100);
  assert.equal(counts.seen, CROPS + 1);
  assert.equal(counts.failed, 5);
  // Inputs failed, so the journals stay; a second time nothing is left to do, and the results are the same.
  const before = contentOf(inferOut);
  const again = await resumed();
  assert.equal(again.counts.finished_before, CROPS + 1);
  assert.deepEqual(contentOf(inferOut), before);
  assert.deepEqual(
    readdirSync(inferOut).filter((name) => name.startsWith('infer_journal')),
    ['infer_journal-1.jsonl', 'infer_journal-2.jsonl'],
  );
});

test('grids and report of a run that was gone on with show all faces', async () => {
  await cutOff(100);
  const shown = ['--visualize', '--report', '--n_vis_samples_per_pic', '100'];
  const { code, counts, stderr } = await resumed(shown);
  assert.equal(code, 3, stderr);
  assert.equal(counts.finished_before, 100);
  const grids = readdirSync(inferOut).filter((name) => /^\d+\.jpg$/.test(name));
  assert.deepEqual(grids, ['0.jpg', '1.jpg', '2.jpg']);
  const page = readFileSync(path.join(inferOut, 'report.html'), 'utf8');
  assert.equal(page.split('data:image/jpeg').length - 1, CROPS + 1 - 5);
});

test('an input that failed for what may pass is tried again, a damaged one only when asked', async () => {
  const list = path.join(folder, 'list.txt');
  const late = path.join(folder, 'late.png');
  const damaged = path.join(folder, 'damaged.png');
  const good = fixture('align/crops/upstream/sample1.jpg_0.png');
  writeFileSync(list, `${damaged}\n${late}\n${good}\n`);
  writeFileSync(damaged, 'damaged');
  const out = path.join(folder, 'retried');
  const args = ['infer', '--in_list', list, '--output_dir', out, '--json', ...MODEL];
  const failures = () => {
    const file = path.join(out, 'failed.txt');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => path.basename(line.split('\t')[0]));
  };
  assert.equal((await facecls(args)).code, 3);
  assert.deepEqual(failures(), ['damaged.png', 'late.png']);

  copyFileSync(good, late);
  const again = async (...extra: string[]) => {
    const { code, stdout, stderr } = await facecls([...args, '--resume', ...extra]);
    assert.ok(code === 0 || code === 3, stderr);
    const { finished_before, replaced } = JSON.parse(stdout).counts;
    return { code, finished_before, replaced };
  };
  assert.deepEqual(await again(), { code: 3, finished_before: 2, replaced: 1 });
  assert.deepEqual(failures(), ['damaged.png']);
  assert.deepEqual(await again('--retry_failed'), { code: 3, finished_before: 2, replaced: 0 });
  assert.deepEqual(failures(), ['damaged.png']);
  copyFileSync(good, damaged);
  assert.deepEqual(await again(), { code: 0, finished_before: 2, replaced: 1 });
  assert.deepEqual(failures(), []);
  assert.equal(readFileSync(path.join(out, PREDICTIONS), 'utf8').split('\n').length, 4);
  // All is well now: the journals are gone, and there is nothing to go on with.
  assert.deepEqual(readdirSync(out), [PREDICTIONS, 'run.json']);
  const done = await facecls([...args.slice(0, -3), ...MODEL, '--resume']);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /finished before, nothing to do/);
  const wanting = await facecls([...args, '--resume', '--format', 'csv']);
  assert.equal(wanting.code, 2);
  assert.match(wanting.stderr, /without predictions\.csv; .*--overwrite/);
  const grown = `${readFileSync(list, 'utf8')}${good}\n`;
  writeFileSync(list, grown);
  const other = await facecls([...args, '--resume']);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /the list of SHA-256/);
});

test('results are not replaced unasked, and none of other making are gone on with', async () => {
  await cutOff(50);
  const kept = readFileSync(path.join(inferOut, 'infer_journal-1.jsonl'));
  const refusals: readonly [readonly string[], RegExp][] = [
    [
      [],
      /--output_dir .*infer: holds infer_journal-1\.jsonl of an earlier run.*--resume.*--overwrite/,
    ],
    [['--resume', '--overwrite'], /give one/],
    [['--retry_failed'], /--retry_failed says what --resume does/],
    [['--resume', '--batch_size', '8'], /made with --batch_size 16, now it is --batch_size 8/],
    [['--resume', '--ignore_exif'], /made with no --ignore_exif, now it is --ignore_exif/],
    [
      ['--resume', '--ckpt', fixture('checkpoints/torchvision_state_dict.pth')],
      /made with model of SHA-256 \w{64}, now it is model of SHA-256/,
    ],
    [['--resume', '--input_dir', path.join(crops, '1')], /made with --input_dir .*crops, now/],
  ];
  for (const [extra, message] of refusals) {
    const { code, stderr } = await facecls([...inferArgs, ...extra]);
    assert.equal(code, 2, `${extra}: ${stderr}`);
    assert.match(stderr, message);
    assert.deepEqual(readdirSync(inferOut), ['infer_journal-1.jsonl'], `${extra}`);
    assert.deepEqual(readFileSync(path.join(inferOut, 'infer_journal-1.jsonl')), kept);
  }
  // The same folder by another name is the same folder.
  mkdirSync(path.join(folder, 'x'));
  const { code, counts } = await resumed(['--input_dir', path.join(folder, 'x', '..', 'crops')]);
  assert.equal(code, 3);
  assert.equal(counts.finished_before, 50);

  const replaced = await facecls([...inferArgs, '--overwrite', '--json']);
  assert.equal(JSON.parse(replaced.stdout).counts.finished_before, 0);
  assert.ok(!existsSync(path.join(inferOut, 'infer_journal-2.jsonl')));
});

test('results that no record of facecls names are refused, and stay', async () => {
  const out = path.join(folder, 'unknown');
  mkdirSync(out);
  writeFileSync(path.join(out, PREDICTIONS), 'a.jpg Asian\n');
  const args = ['infer', '--input_dir', crops, '--output_dir', out, ...MODEL];
  for (const record of [undefined, '{', '[]', '{"made_with":5}']) {
    if (record !== undefined) writeFileSync(path.join(out, 'run.json'), record);
    for (const option of ['--resume', '--overwrite']) {
      const { code, stderr } = await facecls([...args, option]);
      assert.equal(code, 2);
      assert.match(stderr, /holds \S+, which no run of facecls recorded as its own; move it away/);
    }
  }
  assert.equal(readFileSync(path.join(out, PREDICTIONS), 'utf8'), 'a.jpg Asian\n');
});
