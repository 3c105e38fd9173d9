/** The pages of `facecls help` against what is really written. */
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { journalName } from '../../src/batch/journal.js';
import { LOCK_NAME } from '../../src/batch/lock.js';
import { MERGED_FILES } from '../../src/batch/merge/merge-files.js';
import { RECORD_NAMES } from '../../src/batch/ownership.js';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { PAGES } from '../../src/cli/pages.js';
import { packageFile } from '../../src/files/package.js';
import { MANIFEST_NAME } from '../../src/outputs/manifest.js';
import { predictionFileNames } from '../../src/outputs/predictions.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';
import { smallPhotographs } from '../support/small-photographs.js';

const folder = temporaryFolder();
const inFolder = (...names: string[]) => path.join(folder, ...names);
const read = (...names: string[]) => readFileSync(inFolder(...names), 'utf8');
const formats = readFileSync(packageFile('docs/formats.md'), 'utf8');

/** Predictions and labels that a temperature can be fitted to. */
const FITTED = '--predictions fixture.csv --labels fixture_labels.csv';

/** Folders of results, with what a file is called in the page where it stands for others. */
const RESULTS = ['run', 'infer', 'align', 'evaluation', 'identities', 'merged'];
const LIKE: readonly (readonly [file: RegExp, described: string])[] = [
  [/^\d+\.jpg$/, '0.jpg'],
  [/_journal-\d+\.jsonl$/, ''],
  [/\.(jpg|png)_\d+\.(jpg|png)$/, 'name.jpg_0.jpg'],
];

before(async () => {
  await smallPhotographs(inFolder('photographs'));
  writeFileSync(inFolder('photographs', 'broken.jpg'), 'no picture');
  writeFileSync(inFolder('labels.csv'), 'path,label,set\nparty.jpg,Indian,a\nnone.jpg,Asian,a\n');
  copyFileSync(fixture('evaluate/predictions.csv'), inFolder('fixture.csv'));
  copyFileSync(fixture('evaluate/labels.csv'), inFolder('fixture_labels.csv'));
  const commands: readonly (readonly [code: number, line: string])[] = [
    [3, 'run --input_dir photographs --output_dir run --format csv,jsonl --visualize'],
    [3, 'align --in_dir photographs --out_dir align'],
    [3, 'infer --input_dir photographs --output_dir infer --format csv --report --visualize'],
    [0, 'infer --input_dir align --output_dir shards --shard 0/1 --format csv'],
    [0, 'merge --inputs shards --output_dir merged'],
    [
      0,
      'evaluate --predictions run/predictions.csv --labels labels.csv --group_column set --output_dir evaluation',
    ],
    [0, `evaluate ${FITTED} --output_dir fitted --fit_temperature`],
    [0, 'consensus --predictions run/predictions.csv --output_dir identities --min_images 9'],
  ];
  for (const [expected, line] of commands) {
    const { code, stderr } = await facecls(line.split(' '), { cwd: folder });
    assert.equal(code, expected, `${line}: ${stderr}`);
  }
});

test('help lists the pages, and each is printed as plain text of 80 columns', async () => {
  const { stdout: list } = await facecls(['help']);
  for (const name of Object.keys(PAGES)) {
    assert.ok(list.includes(`  ${name} `), name);
    const { code, stdout, stderr } = await facecls(['help', name]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.length > 300, name);
    assert.doesNotMatch(stdout, /\*\*|\]\(|```/, name);
    // Examples are indented, and are as long as they are.
    const long = stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('    '));
    assert.deepEqual(long, [], name);
  }
});

test('what is neither a command nor a page is wrong usage', async () => {
  const { code, stdout, stderr } = await facecls(['help', 'nonsense']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /'nonsense' is invalid/);
});

/** Headings of the page with what is under them. */
const sections = formats.split(/^## /m).slice(1);

function sectionOf(file: string): string {
  const found = sections.find((text) => text.split('\n', 1)[0].includes(`\`${file}\``));
  assert.ok(found, `docs/formats.md has no section on ${file}`);
  return found;
}

test('every file that can be written is described', () => {
  const names = new Set([
    ...predictionFileNames(['txt', 'csv', 'jsonl']),
    ...MERGED_FILES,
    MANIFEST_NAME,
    LOCK_NAME,
    ...RECORD_NAMES,
    ...['align', 'infer', 'run'].map((command) => journalName(command)),
    ...CLASS_NAMES.map((name) => `${name}.txt`),
    ...['name.jpg_0.jpg', '0.jpg', 'shard-I-of-N'],
    // Those of the commands as run above.
    ...RESULTS.flatMap((results) =>
      readdirSync(inFolder(results), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => LIKE.find(([pattern]) => pattern.test(name))?.[1] ?? name),
    ),
  ]);
  names.delete('');
  assert.ok(names.size > 20, [...names].join(' '));
  for (const name of names) sectionOf(name);
});

/** Names of fields in the list under a heading: what stands in backticks before the colon. */
function fieldsOf(file: string): string[] {
  const items = sectionOf(file)
    .split(/^- /m)
    .slice(1)
    .map((item) => item.split(/\n(?! {2})/, 1)[0]);
  return items.flatMap((item) =>
    [...item.split(/:\s/, 1)[0].matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
}

/** `counts.seen`, `bins[].from`: what an object has, as the page names it. */
function keysOf(value: unknown, opaque: readonly string[], prefix = ''): string[] {
  if (Array.isArray(value)) {
    const objects = value.filter((item) => typeof item === 'object' && !Array.isArray(item));
    return objects.flatMap((item) => keysOf(item, opaque, `${prefix.slice(0, -1)}[].`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = `${prefix}${(CLASS_NAMES as readonly string[]).includes(key) && prefix !== '' ? 'CLASS' : key}`;
    const deeper = opaque.includes(name) ? [] : keysOf(inner, opaque, `${name}.`);
    return deeper.length === 0 ? [name] : deeper;
  });
}

function assertSameFields(
  file: string,
  objects: readonly unknown[],
  opaque: readonly string[] = [],
  notHere: readonly string[] = [],
): void {
  const written = new Set(objects.flatMap((object) => keysOf(object, opaque)));
  const expected = new Set(fieldsOf(file).filter((name) => !notHere.includes(name)));
  assert.deepEqual([...written].sort(), [...expected].sort(), file);
}

const json = (...names: string[]) => JSON.parse(read(...names));
const jsonLines = (...names: string[]) =>
  read(...names)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('run.json and align.json have the fields of the page', () => {
  const records = [
    ...['run', 'infer', 'merged'].map((results) => json(results, 'run.json')),
    json('align', 'align.json'),
  ];
  const opaque = [
    ...['options', 'versions', 'made_with', 'counts.classes', 'counts.other_endings'],
  ];
  // Of a GPU, of a list, of archives, and of other models than the bundled one.
  const ofModels = ['files', 'output_kind', 'divided_by_sum', 'weights', 'passed_over'];
  const notHere = ['cpu_ep_fallback', 'networks', 'largest_difference']
    .map((name) => `device_proof.${name}`)
    .concat(
      'given.list',
      ...ofModels.map((name) => `model.${name}`),
      ...['path', 'size', 'mtimeMs', 'sha256'].map((name) => `archives[].${name}`),
    );
  assertSameFields('run.json', records, opaque, notHere);
});

test('align_manifest.jsonl has the fields of the page', () => {
  const rows = jsonLines('align', 'align_manifest.jsonl');
  assert.ok(rows.some((row) => 'status' in row) && rows.some((row) => 'face' in row));
  assertSameFields('align_manifest.jsonl', rows);
});

test('predictions.jsonl and every CSV file have the columns of the page', () => {
  assertSameFields('predictions.jsonl', jsonLines('run', 'predictions.jsonl'));
  for (const [results, file] of [
    ['run', 'predictions.csv'],
    ['evaluation', 'confusion.csv'],
    ['evaluation', 'unmatched.csv'],
    ['identities', 'undecided.csv'],
  ]) {
    const [header] = read(results, file).split('\r\n', 1);
    assert.deepEqual(header.split(','), fieldsOf(file), file);
    assert.ok(sectionOf(file).includes(`\n${header}\n`), `the example of ${file}`);
  }
});

test('journals have the fields of the page', () => {
  const rows = ['run', 'infer'].flatMap((command) =>
    read(command, journalName(command))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line.slice(9))),
  );
  assertSameFields(journalName('infer'), rows, ['made_with', 'given', 'faces']);
  const { faces } = rows.find((row) => row.faces?.length > 0);
  for (const name of Object.keys(faces[0])) {
    assert.ok(sectionOf(journalName('run')).includes(`\`${name}\``), name);
  }
});

test('metrics.json has the fields of the page', () => {
  const metrics = json('evaluation', 'metrics.json');
  const { set } = metrics.groups;
  metrics.groups = { COLUMN: { groups: { GROUP: {} }, gaps: set.gaps } };
  const opaque = ['counts.labels', 'counts.predictions', 'counts.unknown_labels', 'made_with'];
  const { confusion_by_confidence, temperature_fit } = json('fitted', 'metrics.json');
  const objects = [metrics, { confusion_by_confidence, temperature_fit }];
  const notHere = ['confusion_by_confidence', 'calibration_bins', 'temperature_fit'];
  assertSameFields('metrics.json', objects, opaque, notHere);
  const figures = Object.keys(set.groups.a);
  const names = Object.keys(metrics);
  const own = names.slice(names.indexOf('n'), names.indexOf('groups'));
  assert.deepEqual(
    figures.filter((name) => name !== 'small'),
    own.filter((name) => name !== 'confusion_by_confidence'),
  );
  const section = sectionOf('metrics.json');
  for (const name of opaque.slice(0, 2)) {
    const fates = Object.keys(
      name.endsWith('labels') ? metrics.counts.labels : metrics.counts.predictions,
    );
    for (const fate of fates) assert.ok(section.includes(`\`${fate}\``), fate);
  }
});

test('summary.json has the fields of the page', () => {
  assertSameFields(
    'summary.json',
    [json('identities', 'summary.json')],
    ['counts.classes', 'undecided_by_reason.below_threshold.leading'],
  );
});

test('the exit codes are those of the code', async () => {
  const { ExitCode } = await import('../../src/files/errors.js');
  const page = readFileSync(packageFile('docs/exit-codes.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
  assert.deepEqual(rows, Object.values(ExitCode));
});
