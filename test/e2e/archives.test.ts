import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { DATASETS, recordsOf, tarOf } from '../support/datasets.js';
import { contentOf, killAndGoOn, reference } from '../support/kills.js';

const scratch = temporaryFolder();
const MODEL = ['--format', 'csv', '--ckpt', TINY_CLASSIFIER];
const record = (out: string) => JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
const textOf = (...file: string[]) => readFileSync(path.join(...file), 'utf8');
const linesOf = (...file: string[]) =>
  textOf(...file)
    .trimEnd()
    .split(/\r?\n/);

/** A new folder of results, and what infer says of an input. */
async function infer(name: string, input: string, ...more: string[]) {
  const out = path.join(scratch, name);
  const finished = await facecls([
    ...['infer', '--input_dir', input, '--output_dir', out, ...MODEL, ...more],
  ]);
  return { ...finished, out };
}

/** What stands in the results of one run over all forms. */
const rows = new Map<string, string[]>();
let failures: string[] = [];
let all = '';

before(async () => {
  // All but the odd encodings of Parquet, which hold no images.
  const input = path.join(scratch, 'data');
  mkdirSync(input);
  for (const name of readdirSync(DATASETS)) {
    if (name !== 'encodings') symlinkSync(path.join(DATASETS, name), path.join(input, name));
  }
  const { code, stderr, out } = await infer('all', input, '--archives', '--follow_links');
  assert.equal(code, 3, stderr);
  all = out;
  const below = (line: string) => line.slice(input.length + 1);
  for (const line of linesOf(out, 'predictions.csv').slice(1)) {
    const file = below(line);
    const archive = /^.*?\.(?:tar\.gz|tar|zip|rec|parquet)|^folder/.exec(file)?.[0] ?? file;
    rows.set(archive, [...(rows.get(archive) ?? []), file.slice(archive.length + 1)]);
  }
  failures = linesOf(out, 'failed.txt').map(below);
});

/** Labels and probabilities. */
const numbersOf = (lines: readonly string[] = []) =>
  lines.map((line) => line.slice(line.indexOf(',')));
const namesOf = (lines: readonly string[] = []) =>
  lines.map((line) => line.slice(0, line.indexOf(',')));

test('every form gives the labels and probabilities of the folder', () => {
  const expected = numbersOf(rows.get('folder'));
  assert.equal(new Set(expected).size, 60);
  const whole = [
    ...['ustar.tar', 'gnu-tar.tar', 'pax.tar', 'gnu.tar', 'faces.tar.gz', 'stored.zip'],
    ...['deflated.zip', 'zip64.zip', 'train.rec', 'plain.rec', 'many-labels.rec', 'split.rec'],
    ...['hub.parquet', 'binary.parquet'],
  ];
  for (const name of whole) assert.deepEqual(numbersOf(rows.get(name)), expected, name);
  const shards = ['wds-000000.tar', 'wds-000001.tar'].flatMap((name) => rows.get(name) ?? []);
  assert.deepEqual(numbersOf(shards), expected);
  assert.deepEqual(numbersOf(rows.get('nulls.parquet')), expected.toSpliced(7, 1));
});

test('members are named below their archive', () => {
  assert.equal(namesOf(rows.get('ustar.tar'))[0], '000/1020.jpg');
  assert.equal(namesOf(rows.get('train.rec'))[0], '0/1.jpg');
  assert.deepEqual(namesOf(rows.get('odd/same-key-000000.tar')), ['0001.jpg', '0001.jpg;2']);
  assert.ok(!namesOf(rows.get('damaged/names.tar')).some((name) => name.startsWith('..')));
});

test('of damaged archives there is what stands before the damage, and where it is', () => {
  const counts = Object.entries({
    ...{ 'cut.tar': 30, 'cut.tar.gz': 29, 'cut.rec': 29, 'checksum.tar': 5, 'crc.zip': 59 },
    ...{ 'magic.rec': 20, 'length.rec': 20, 'bomb.zip': 1, 'nested.zip': 1, 'not-images.rec': 1 },
  });
  for (const [name, count] of counts)
    assert.equal(rows.get(`damaged/${name}`)?.length, count, name);
  const damaged = failures.filter((line) => /\tdamaged at byte \d+: expected /.test(line));
  assert.deepEqual(
    damaged.map((line) => line.slice(0, line.indexOf('\t'))),
    [
      ...['checksum.tar', 'cut.parquet', 'cut.rec', 'cut.tar', 'cut.tar.gz', 'cut.zip'],
      ...['length.rec', 'magic.rec'],
    ]
      .map((name) => `damaged/${name}`)
      .concat('odd/no-end.tar'),
  );
  assert.ok(failures.some((line) => line.startsWith('no-image.parquet\t') && /url/.test(line)));
});

test('whatever is no image in an archive is counted', () => {
  const { counts, archives, made_with: made } = record(all);
  const {
    images,
    other_files: others,
    hidden,
    archive_links: links,
    index_records: index,
  } = counts;
  assert.equal(counts.found, images + others + hidden + links + index);
  assert.deepEqual([hidden, links, index, counts.repeated_names], [2, 2, 16, 2]);
  assert.deepEqual([counts.inexact_labels, counts.unfit_indexes], [2, 2]);
  assert.equal(archives.length, counts.archives);
  assert.match(made.archives_sha256, /^[\da-f]{64}$/);
  assert.equal(made.archives, true);
});

test('an archive, an image or a folder is an input, and nothing else', async () => {
  const archive = await infer('one-archive', path.join(DATASETS, 'odd/header-only.rec'));
  assert.equal(archive.code, 0, archive.stderr);
  assert.match(archive.stderr, /passed over: 3 index records/);
  const image = await infer('one-image', path.join(DATASETS, 'folder/000/125.jpg'));
  assert.equal(image.code, 0, image.stderr);
  assert.equal(linesOf(image.out, 'pred_ethnicities.txt').length, 1);
  const refusals: [string, RegExp][] = [
    ['damaged/empty.tar', /empty\.tar: holds no image/],
    ['damaged/notes.tar', /notes\.tar: is neither a folder nor an image nor an archive/],
    ['no-image.parquet', /--image_column\. Its columns are "path"/],
  ];
  for (const [name, message] of refusals) {
    const { code, stderr } = await infer('refused', path.join(DATASETS, name));
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  const column = ['--image_column', 'image2'];
  const parquet = await infer('column', path.join(DATASETS, 'odd/two-columns.parquet'), ...column);
  assert.equal(parquet.code, 0, parquet.stderr);
  assert.equal(linesOf(parquet.out, 'pred_ethnicities.txt').length, 3);
});

test('without --archives the archives in a folder are counted, and the option is named', async () => {
  const { code, stderr, out } = await infer('closed', path.join(scratch, 'data'), '--follow_links');
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /passed over: \d+ other files \(\.tar \d+, \.rec \d+, .*; --archives reads archives/,
  );
  assert.equal(record(out).counts.images, 60);
});

const COUNT = 220;

for (const [kind, bytes] of [
  ['tar', tarOf],
  ['rec', recordsOf],
] as const) {
  test(`a run over a ${kind} that is killed and gone on with gives the bytes of a whole run`, async () => {
    const input = path.join(scratch, `many.${kind}`);
    writeFileSync(input, bytes(COUNT));
    const out = path.join(scratch, `killed-${kind}`);
    const args = ['infer', '--input_dir', input, '--output_dir', out, ...MODEL];
    const run = { name: kind, args, resume: '--resume', out, exitCode: 3 } as const;
    const whole = await reference(run);
    assert.equal(whole.content.get('predictions.csv')?.split('\n').length, COUNT - 20 + 2);
    const times = [0.5, 0.8].map((share) => share * whole.duration);
    assert.equal(await killAndGoOn(run, whole, times), undefined);
  });
}

test('an archive that was changed since is not gone on with', async () => {
  const input = path.join(scratch, 'changed.tar');
  writeFileSync(input, tarOf(COUNT));
  const first = await infer('changed', input);
  assert.equal(first.code, 3, first.stderr);
  writeFileSync(input, tarOf(COUNT - 22));
  const { code, stderr } = await infer('changed', input, '--resume');
  assert.equal(code, 2);
  assert.match(stderr, /archives/);
});

test('merged shards of archives beside images are the whole', async () => {
  const input = path.join(scratch, 'mixed');
  mkdirSync(input);
  writeFileSync(path.join(input, 'b.rec'), recordsOf(60));
  writeFileSync(path.join(input, 'd.tar'), tarOf(40));
  for (const name of ['a.jpg', 'c.jpg', 'e.jpg']) {
    copyFileSync(path.join(DATASETS, 'folder/000/125.jpg'), path.join(input, name));
  }
  const whole = await infer('whole', input, '--archives');
  const shards = path.join(scratch, 'shards');
  for (const shard of ['0/2', '1/2']) {
    const { code, stderr } = await facecls([
      ...['infer', '--input_dir', input, '--output_dir', shards, ...MODEL],
      ...['--archives', '--shard', shard],
    ]);
    assert.equal(code, 3, stderr);
  }
  const out = path.join(scratch, 'merged');
  const merged = await facecls(['merge', '--inputs', shards, '--output_dir', out]);
  assert.equal(merged.code, 3, merged.stderr);
  assert.deepEqual(contentOf(out), contentOf(whole.out));
  const paths = linesOf(out, 'pred_ethnicities.txt').map((line) => path.relative(input, line));
  assert.match(paths[0], /^a\.jpg /);
  assert.match(paths[2], /^b\.rec\/1\/1\.jpg /);
});

test('consensus finds the identities of a RecordIO file whose labels are not in a row', async () => {
  const input = path.join(scratch, 'turns.rec');
  writeFileSync(input, recordsOf(70));
  const { out } = await infer('turns', input);
  const sorted = path.join(scratch, 'sorted.txt');
  writeFileSync(sorted, `${linesOf(out, 'pred_ethnicities.txt').sort().join('\n')}\n`);
  const decided = [];
  for (const [i, predictions] of [path.join(out, 'pred_ethnicities.txt'), sorted].entries()) {
    const folder = path.join(scratch, `consensus${i}`);
    const { code, stderr } = await facecls([
      ...['consensus', '--predictions', predictions, '--output_dir', folder],
      ...['--threshold', '0.51', '--json'],
    ]);
    assert.equal(code, 0, stderr);
    decided.push([...contentOf(folder)].filter(([name]) => /\.(txt|csv)$/.test(name)).sort());
  }
  assert.deepEqual(decided[0], decided[1]);
  assert.match(JSON.stringify(decided), /turns\.rec\/6/);
});

test('crops of members lie below the name of their archive, and stay in the output folder', async () => {
  const out = path.join(scratch, 'crops/inner');
  const { code, stderr } = await facecls([
    ...['align', '--in_dir', path.join(DATASETS, 'damaged/names.tar'), '--out_dir', out],
    ...['--min_face_size', '40'],
  ]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(path.join(scratch, 'crops')), ['inner']);
  const crops = [...contentOf(out).keys()].filter((name) => name.endsWith('.jpg'));
  assert.ok(crops.includes('names.tar/up.jpg_0.jpg'), `${crops}`);
});

test('merged shards of one damaged archive are the whole', async () => {
  const input = path.join(DATASETS, 'damaged/cut.rec');
  const whole = await infer('whole-rec', input);
  const shards = path.join(scratch, 'shards-rec');
  const codes = [];
  for (const shard of ['0/2', '1/2']) {
    const { code } = await facecls([
      ...['infer', '--input_dir', input, '--output_dir', shards, ...MODEL],
      ...['--shard', shard],
    ]);
    codes.push(code);
  }
  assert.deepEqual(codes.sort(), [0, 3]);
  const out = path.join(scratch, 'merged-rec');
  const merged = await facecls(['merge', '--inputs', shards, '--output_dir', out]);
  assert.equal(merged.code, 3, merged.stderr);
  assert.deepEqual(contentOf(out), contentOf(whole.out));
});
