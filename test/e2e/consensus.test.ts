import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { CLASS_NAMES, type ClassName } from '../../src/classify/labels.js';
import { PredictionFiles } from '../../src/outputs/predictions.js';
import { commit } from '../../src/outputs/sink.js';
import { facecls, temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();

const FILES = [...CLASS_NAMES.map((name) => `${name}.txt`), 'undecided.csv'];

/** Lines of `pred_ethnicities.txt` for an identity with so many images of each class. */
function identity(name: string, ...counts: readonly number[]): string[] {
  const labels = CLASS_NAMES.flatMap((label, i) => new Array<string>(counts[i] ?? 0).fill(label));
  return labels.map((label, i) => `${name}/${String(i).padStart(3, '0')}.jpg ${label}`);
}

async function consensus(name: string, lines: readonly string[], ...args: readonly string[]) {
  const predictions = path.join(folder, `${name}.txt`);
  writeFileSync(predictions, `${lines.join('\n')}\n`);
  const out = path.join(folder, name);
  const finished = await facecls([
    ...['consensus', '--predictions', predictions, '--output_dir', out],
    ...args,
  ]);
  return { ...finished, out, predictions };
}

function read(out: string, file: string): string {
  return readFileSync(path.join(out, file), 'utf8');
}

/** Contents of the files that do not name the input. */
function results(out: string): string[] {
  return FILES.map((file) => read(out, file));
}

// Known answers: share of the images, all of which are drawn.
const KNOWN = [
  ...identity('d/all', 0, 20),
  ...identity('d/exactly', 0, 0, 16, 4),
  ...identity('d/exactly/inside', 0, 0, 0, 3),
  ...identity('d/fifteen', 12, 3),
  ...identity('d/just-not', 15, 5),
  ...identity('d/one', 0, 0, 1),
  ...identity('d/tie', 2, 2),
];
// `d/exactly/000.jpg` comes before `d/exactly/inside/000.jpg`, as it is listed here.

test('identities with known answers get them by the rule', async () => {
  const { code, stdout, stderr, out, predictions } = await consensus('known', KNOWN);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.match(
    stdout,
    /^consensus: 7 identities of 83 images, African 1, Asian 1, Caucasian 2, Indian 1, undecided 2, [\d.]+ s, results in .*known\n$/,
  );
  assert.deepEqual(readdirSync(out).sort(), [...FILES, 'consensus.png', 'summary.json'].sort());
  assert.deepEqual(results(out), [
    'd/fifteen\n',
    'd/all\n',
    'd/exactly\nd/one\n',
    'd/exactly/inside\n',
    'identity,images,drawn,African,Asian,Caucasian,Indian,best_class,reason\r\n' +
      'd/just-not,20,20,0.750000,0.250000,0.000000,0.000000,African,below_threshold\r\n' +
      'd/tie,4,4,0.500000,0.500000,0.000000,0.000000,tie,below_threshold\r\n',
  ]);
  const summary = JSON.parse(read(out, 'summary.json'));
  const sha256 = createHash('sha256').update(readFileSync(predictions)).digest('hex');
  assert.deepEqual(summary.predictions, { path: predictions, sha256 });
  const { threshold, max_per_identity, seed, min_images } = summary;
  assert.deepEqual([threshold, max_per_identity, seed, min_images], [0.8, 20, 0, 1]);
  assert.match(summary.draw, /XXH32/);
  assert.deepEqual(summary.counts, {
    identities: 7,
    images: 83,
    drawn: 83,
    repeated: 0,
    further_faces: 0,
    classes: { African: 1, Asian: 1, Caucasian: 2, Indian: 1 },
    undecided: 2,
  });
  assert.deepEqual(summary.decided_by_share.Caucasian, [
    { from: 1, identities: 1 },
    { from: 0.9, below: 1, identities: 0 },
    { from: 0.8, below: 0.9, identities: 1 },
  ]);
  assert.deepEqual(summary.undecided_by_reason, {
    below_threshold: { leading: { African: 1, Asian: 0, Caucasian: 0, Indian: 0 }, tie: 1 },
    too_few_images: 0,
  });
  const { width, height } = await sharp(path.join(out, 'consensus.png')).metadata();
  assert.deepEqual([width, height], [1200, 760]);
});

test('files are there, and empty, for classes without an identity', async () => {
  const { code, out } = await consensus('empty-classes', identity('a', 1));
  assert.equal(code, 0);
  assert.deepEqual(results(out).slice(0, 4), ['a\n', '', '', '']);
});

test('order does not matter: the same files but for the name and hash of the input', async () => {
  const lines = Array.from({ length: 40 }, (_, i) =>
    identity(`people/${String(i).padStart(3, '0')}`, 30 + i, 10, i, i % 7),
  ).flat();
  const sorted = await consensus('sorted', lines);
  assert.equal(sorted.stderr, '');
  // A fixed permutation: 7919 is prime and no divisor of the number of lines.
  const shuffled = lines.map((_, i) => lines[(i * 7919) % lines.length]);
  assert.equal(new Set(shuffled).size, lines.length);
  const other = await consensus('shuffled', shuffled);
  assert.equal(other.code, 0, other.stderr);
  assert.match(other.stderr, /shuffled\.txt: not sorted by path \(people\/.* comes after people\//);
  assert.deepEqual(results(other.out), results(sorted.out));
  const picture = (out: string) => readFileSync(path.join(out, 'consensus.png'));
  assert.ok(picture(other.out).equals(picture(sorted.out)));
  const summary = (out: string) => ({
    ...JSON.parse(read(out, 'summary.json')),
    predictions: undefined,
  });
  assert.deepEqual(summary(other.out), summary(sorted.out));
  // Another seed draws other images.
  const seeded = await consensus('seeded', lines, '--seed', '1');
  assert.notDeepEqual(results(seeded.out), results(sorted.out));
  const again = await consensus('seeded-again', shuffled, '--seed', '1', '--quiet');
  assert.equal(again.stderr, '');
  assert.deepEqual(results(again.out), results(seeded.out));
});

test('standard input is read in order; unsorted it is refused, and nothing is left', async () => {
  const out = path.join(folder, 'stdin');
  const args = ['consensus', '--predictions', '-', '--output_dir', out];
  const refused = await facecls(args, { input: 'b/1.jpg Asian\na/1.jpg Asian\n' });
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /^facecls: --predictions -: not sorted by path \(a\/1\.jpg comes after b\/1\.jpg\).*\n$/,
  );
  assert.ok(!existsSync(out));
  const { code, stderr } = await facecls(args, { input: 'a/1.jpg Asian\nb/1.jpg Asian\n' });
  assert.equal(code, 0, stderr);
  assert.equal(read(out, 'Asian.txt'), 'a\nb\n');
  assert.equal(JSON.parse(read(out, 'summary.json')).predictions.sha256, null);
});

test('--threshold, --max_per_identity and --min_images change what is decided', async () => {
  const lines = [...identity('a', 7, 3), ...identity('b', 0, 4)];
  const lower = await consensus('lower', lines, '--threshold', '0.7', '--min-images', '5');
  assert.equal(lower.code, 0, lower.stderr);
  assert.deepEqual(results(lower.out).slice(0, 2), ['a\n', '']);
  assert.match(read(lower.out, 'undecided.csv'), /^b,4,4,.*,Asian,too_few_images\r$/m);
  const one = await consensus('one-drawn', lines, '--max_per_identity', '1', '--json');
  assert.equal(JSON.parse(one.stdout).counts.drawn, 2);
  assert.equal(JSON.parse(one.stdout).counts.undecided, 0);
  const sure = await consensus('sure', lines, '--threshold', '1');
  assert.deepEqual(JSON.parse(read(sure.out, 'summary.json')).decided_by_share.Asian, [
    { from: 1, identities: 1 },
  ]);
});

test('csv and jsonl give what txt gives, also for names that are no text', async () => {
  const predictions = path.join(folder, 'formats');
  const files = new PredictionFiles(predictions, CLASS_NAMES, ['txt', 'csv', 'jsonl']);
  await files.open();
  const image = (name: string | Buffer, label: ClassName) =>
    files.write({
      kind: 'prediction',
      path: Buffer.concat([Buffer.from('p/'), Buffer.from(name)]),
      label,
      probabilities: CLASS_NAMES.map((name) => (name === label ? 1 : 0)),
    });
  await image('"quoted", and comma/1.jpg', 'Asian');
  await image('"quoted", and comma/2.jpg', 'Indian');
  await image('new\nline/1.jpg', 'Asian');
  await image('new\nline/2.jpg', 'Asian');
  await image('white space /1 .jpg', 'African');
  await image(Buffer.from('invalid\xff\xfe/\xe9.jpg', 'latin1'), 'Indian');
  await commit(files);
  const outputs: string[][] = [];
  for (const file of ['pred_ethnicities.txt', 'predictions.csv', 'predictions.jsonl']) {
    const out = path.join(folder, `from-${file}`);
    const { code, stderr } = await facecls([
      ...['consensus', '--predictions', path.join(predictions, file), '--output_dir', out],
    ]);
    assert.equal(code, 0, stderr);
    outputs.push(results(out));
  }
  assert.deepEqual(outputs[0], [
    'p/white space \n',
    '"p/new\\nline"\n',
    '',
    '"p/invalid\\xff\\xfe"\n',
    'identity,images,drawn,African,Asian,Caucasian,Indian,best_class,reason\r\n' +
      '"p/""quoted"", and comma",2,2,0.000000,0.500000,0.000000,0.500000,tie,below_threshold\r\n',
  ]);
  assert.deepEqual(outputs[1], outputs[0]);
  assert.deepEqual(outputs[2], outputs[0]);
});

test('of a photograph the main face counts; further faces are told', async () => {
  for (const [name, main, further] of [
    ['run', '#0', '#1'],
    ['crops', '_0.jpg', '_1.jpg'],
    ['png-crops', '_0.png', '_12.png'],
  ]) {
    const lines = [
      `p/a/1.jpg${main} Asian`,
      `p/a/1.jpg${further} Indian`,
      `p/a/2.JPEG${main} Asian`,
      `p/b/1.jpg${further} Indian`,
      'p/b/IMG_1.jpg African',
    ];
    const { code, stdout, stderr, out } = await consensus(name, lines);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^consensus: 2 identities of 3 images, .* undecided 0, 2 further faces left out, /,
    );
    assert.deepEqual(results(out).slice(0, 4), ['p/b\n', 'p/a\n', '', '']);
    const { counts } = JSON.parse(read(out, 'summary.json'));
    assert.deepEqual([counts.images, counts.drawn, counts.further_faces], [3, 3, 2]);
  }
  // In any order; those left out are counted once, though the file is read twice.
  const unsorted = ['b/1.jpg#0 Asian', 'a/1.jpg#1 Indian', 'a/1.jpg#0 Asian'];
  assert.match((await consensus('any-order', unsorted)).stdout, /, 1 further face left out, /);
});

test('images in no folder are one identity, which is said', async () => {
  const lines = ['./2.jpg Asian', '1.jpg Asian', 'a/1.jpg Indian'];
  const { code, stderr, out } = await consensus('no-folder', lines);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /2 images in no folder: taken for one identity, "\."/);
  assert.equal(read(out, 'Asian.txt'), '.\n');
  assert.equal(read(out, 'Indian.txt'), 'a\n');
});

test('an image that is there twice counts once, which is said', async () => {
  const lines = ['a/1.jpg Asian', 'a/1.jpg Asian', 'a/2.jpg Indian'];
  const { code, stderr, out } = await consensus('twice', lines);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^1 line with an image that was there before: each image counts once$/m);
  assert.match(read(out, 'undecided.csv'), /^a,2,2,/m);
});

test('wrong usage is exit code 2 and leaves earlier results as they were', async () => {
  const good = identity('a', 3);
  const { out } = await consensus('usage', good);
  const before = results(out);
  for (const [args, pattern] of [
    [['--threshold', '0.5'], /--threshold: expected a decimal number above 0\.5/],
    [['--threshold', '1.2'], /--threshold: /],
    [['--threshold', '80%'], /--threshold: /],
    [['--max_per_identity', '0'], /--max_per_identity: expected a whole number from 1/],
    [['--seed', '-1'], /--seed: expected a whole number from 0 to 4294967295/],
    [['--seed', '4294967296'], /--seed: /],
    [['--min_images', '0'], /--min_images: /],
  ] as const) {
    const { code, stderr } = await consensus('usage', good, ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, pattern);
  }
  for (const [lines, pattern] of [
    [[], /usage\.txt: has no predictions; give another file/],
    [['a/1.jpg#1 Asian'], /usage\.txt: has further faces only; give another file/],
    [['a/1.jpg Martian'], /line 1: expected a label/],
    [['a/1.jpg Asian', 'a/1.jpg Indian'], /a\/1\.jpg is there twice, as Asian and as Indian/],
  ] as const) {
    const { code, stderr } = await consensus('usage', lines, '--overwrite');
    assert.equal(code, 2, stderr);
    assert.match(stderr, pattern);
  }
  const missing = await facecls([
    'consensus',
    '--predictions',
    `${folder}/none`,
    '--output_dir',
    out,
  ]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /none: no such file or folder/);
  assert.deepEqual(results(out), before);
  assert.deepEqual(
    readdirSync(out).filter((name) => name.endsWith('.partial')),
    [],
  );
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const notFolder = await facecls([
    ...['consensus', '--predictions', path.join(folder, 'known.txt'), '--output_dir', file],
  ]);
  assert.equal(notFolder.code, 2);
  assert.ok(existsSync(file));
});
