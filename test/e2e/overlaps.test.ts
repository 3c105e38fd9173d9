/** Faces found twice: what the files and the summaries say of them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const LIST = path.join(folder, 'list.txt');
/** Nothing is suppressed after O-Net: faces are found several times. */
const DOUBLED = ['--nms_thresholds', '0.9', '0.9', '1'];

const read = (...parts: string[]) => readFileSync(path.join(folder, ...parts), 'utf8');
const jsonLines = (...parts: string[]) =>
  read(...parts)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const summaries: Record<string, string> = {};

before(async () => {
  writeFileSync(LIST, 'sample2.jpg\nsample5.jpg\n');
  const from = ['--input_dir', samplePhotographs(), '--in_list', LIST];
  const commands = {
    run: ['run', ...from, '--output_dir', 'run', '--format', 'csv,jsonl', ...DOUBLED],
    shard: ['run', ...from, '--output_dir', 'shards', '--format', 'csv,jsonl', ...DOUBLED],
    align: ['align', '--in_dir', samplePhotographs(), '--in_list', LIST, '--out_dir', 'align'],
  };
  for (const [name, args] of Object.entries(commands)) {
    const further = { run: [], shard: ['--shard', '0/1'], align: DOUBLED }[name] ?? [];
    const { code, stdout, stderr } = await facecls([...args, ...further], { cwd: folder });
    assert.equal(code, 0, stderr);
    summaries[name] = stdout;
  }
});

/** Intersection over union of boxes of the manifest, whose x2 and y2 belong to them. */
function shared(a: readonly number[], b: readonly number[]): number {
  const overlap = (low: number, high: number) =>
    Math.max(0, Math.min(a[high], b[high]) - Math.max(a[low], b[low]) + 1);
  const area = (box: readonly number[]) => (box[2] - box[0] + 1) * (box[3] - box[1] + 1);
  const both = overlap(0, 2) * overlap(1, 3);
  return both / (area(a) + area(b) - both);
}

test('the manifest names for each face the better one that it overlaps', () => {
  for (const command of ['run', 'align']) {
    const rows = jsonLines(command, 'align_manifest.jsonl');
    for (const row of rows) {
      const better = rows.filter(
        ({ source, face, box }) =>
          source === row.source && face < row.face && shared(box, row.box) > 0.6,
      );
      assert.equal(row.overlaps, better[0]?.face ?? null, `${row.source}#${row.face}`);
    }
    assert.ok(rows.some(({ overlaps }) => overlaps !== null));
    assert.ok(rows.some(({ overlaps }) => overlaps === null));
  }
});

test('predictions of run have it as their last column', () => {
  const numbers = jsonLines('run', 'align_manifest.jsonl').map(({ overlaps }) => overlaps);
  const rows = jsonLines('run', 'predictions.jsonl');
  assert.equal(Object.keys(rows[0]).at(-1), 'overlaps');
  assert.deepEqual(
    rows.map(({ overlaps }) => overlaps),
    numbers,
  );
  const [header, ...lines] = read('run', 'predictions.csv').trimEnd().split('\r\n');
  assert.equal(header.split(',').at(-1), 'overlaps');
  assert.deepEqual(
    lines.map((line) => line.split(',').at(-1)),
    numbers.map((number) => String(number ?? '')),
  );
});

test('summaries and records say how many faces overlap, and labels are counted without them', () => {
  const numbers = jsonLines('run', 'align_manifest.jsonl').map(({ overlaps }) => overlaps);
  const doubled = numbers.filter((number) => number !== null).length;
  const single = numbers.length - doubled;
  for (const [command, record] of [
    ['run', 'run.json'],
    ['align', 'align.json'],
  ]) {
    const said = `${numbers.length} faces, ${doubled} of them overlap a better one, 0 without`;
    assert.ok(summaries[command].includes(said), summaries[command]);
    assert.equal(JSON.parse(read(command, record)).counts.overlapping, doubled);
  }
  const { predicted, classes } = JSON.parse(read('run', 'run.json')).counts;
  assert.equal(predicted, numbers.length);
  const counted = Object.values(classes as Record<string, number>).reduce((a, b) => a + b);
  assert.equal(counted, single);
  assert.ok(summaries.run.includes(` of ${single} faces in 2 photographs, `), summaries.run);
});

test('merge, evaluate and consensus take predictions with the column', async () => {
  const commands = [
    'merge --inputs shards --output_dir merged',
    'consensus --predictions merged/predictions.csv --output_dir identities',
    'consensus --predictions merged/predictions.jsonl --output_dir identities-jsonl',
  ];
  for (const line of commands) {
    const { code, stderr } = await facecls(line.split(' '), { cwd: folder });
    assert.equal(code, 0, `${line}: ${stderr}`);
  }
  for (const name of ['predictions.csv', 'predictions.jsonl', 'align_manifest.jsonl']) {
    assert.equal(read('merged', name), read('run', name), name);
  }
  for (const name of ['predictions.csv', 'predictions.jsonl']) {
    const { code, stderr } = await facecls(
      `evaluate --predictions merged/${name} --labels - --output_dir ${name}-figures`.split(' '),
      { cwd: folder, input: 'path,label\nsample2.jpg,Asian\nsample5.jpg,Asian\n' },
    );
    assert.equal(code, 0, stderr);
    const { counts, class_names } = JSON.parse(read(`${name}-figures`, 'metrics.json'));
    assert.equal(counts.labels.evaluated, 2);
    assert.deepEqual(class_names, ['African', 'Asian', 'Caucasian', 'Indian']);
  }
});
