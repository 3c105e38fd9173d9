import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { facecls, temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
const out = path.join(folder, 'out');

/** ESC, BEL, a newline, a right-to-left override. */
const HARMFUL = 'a\u001b]0;x\u0007\u202e\nb';
const RAW = /(?!\n)[\p{Cc}\p{Cf}]/u;
const ESCAPED = /a\\u001b\]0;x\\u0007\\u202e(\\n|\\u000a)b/;
const LONG = 'x'.repeat(1e6);

function file(name: string, content: string | Buffer): string {
  const whole = path.join(folder, name);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

const csv = (...rows: readonly (readonly string[])[]) =>
  rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');

const PREDICTIONS = file('predictions.csv', 'path,label\na.jpg,Asian\nb.jpg,Indian\n');

/** The command fails or not with a few hundred characters, none of which the terminal obeys. */
async function isHarmless(args: readonly string[], exitCode: number): Promise<string> {
  const { code, stdout, stderr } = await facecls(args);
  const text = stdout + stderr;
  assert.equal(code, exitCode, text.slice(0, 1000));
  assert.doesNotMatch(text, RAW);
  assert.ok(text.length < 4000, `${text.length} characters`);
  return text;
}

const evaluateArgs = (labels: string, ...more: readonly string[]) => [
  ...['evaluate', '--predictions', PREDICTIONS, '--labels', labels, '--output_dir', out],
  ...['--overwrite', ...more],
];

test('evaluate escapes and cuts columns, labels, groups and paths of the labels', async () => {
  for (const foreign of [HARMFUL, LONG]) {
    const isLong = foreign === LONG;
    const check = (text: string) => assert.match(text, isLong ? /xxx…/ : ESCAPED);
    const column = isLong ? 'group' : foreign;
    const groups = csv(
      ['path', 'label', column, isLong ? foreign : 'more'],
      ['a.jpg', 'Asian', foreign, ''],
      ['b.jpg', foreign, '', ''],
    );
    const labels = file('groups.csv', groups);
    // 3: half of the labels are of no class.
    check(await isHarmless(evaluateArgs(labels, '--group_column', column), 3));
    check(await isHarmless(evaluateArgs(labels, '--label_column', 'none'), 2));
    const others = csv(['path', 'label'], ['a.jpg', foreign]);
    check(await isHarmless(evaluateArgs(file('others.csv', others)), 2));
    const paths = csv(['path', 'label'], [foreign, 'Asian']);
    const noMatch = await isHarmless(evaluateArgs(file('paths.csv', paths)), 2);
    assert.match(noMatch, isLong ? /x…x/ : ESCAPED);
  }
});

test('evaluate names thirty of many columns', async () => {
  const names = Array.from({ length: 5000 }, (_, i) => `column${i}`);
  const labels = file('wide.csv', csv(names, names));
  const text = await isHarmless(evaluateArgs(labels, '--label_column', 'none'), 2);
  assert.match(text, /column29 and 4970 more/);
});

test('files of predictions are told of escaped and cut', async () => {
  const wrong = [
    [`p.txt`, `a.jpg\u001b]0;x\u0007 No\u202ene\n`, /No\\u202ene/],
    [`p.csv`, `path,label\na.jpg,No\u001b\u202ene\n`, /No\\u001b\\u202ene/],
    [`p.jsonl`, `${JSON.stringify({ path: 'a', label: HARMFUL })}\n`, ESCAPED],
    ['long.txt', `a.jpg ${'x'.repeat(900_000)}\n`, /xxx…/],
    ['longer.txt', 'x'.repeat(5e6), /longer than 1 MiB/],
    ['columns.csv', `path,label,\u202e,\u001b\na,b,0.5,0.5\n`, /\\u202e,\\u001b/],
    ['value.jsonl', '{"path":"a","label":"Asian","African":"\\u001b\\u202e"}\n', /\\u001b\\u202e/],
    ['quoted.txt', `"a\u202e\\q" Asian\n`, /\\u202e/],
  ] as const;
  for (const [name, content, told] of wrong) {
    const text = await isHarmless(
      ['consensus', '--predictions', file(name, content), '--output_dir', `${out}-consensus`],
      2,
    );
    assert.match(text, told, name);
  }
});

test('records of an earlier run are told of escaped and cut', async () => {
  const images = path.dirname(file('images/a.jpg', 'no image'));
  const results = path.join(folder, 'results');
  const args = ['infer', '--input_dir', images, '--output_dir', results];
  await isHarmless(args, 3);
  const record = path.join(results, 'run.json');
  const whole = JSON.parse(readFileSync(record, 'utf8'));
  for (const value of [HARMFUL, LONG, { toString: 1 }, [[{ toString: 1 }]]]) {
    const made_with = { ...whole.made_with, device: value };
    for (const [index, made] of [made_with, whole.made_with].entries()) {
      const text = JSON.stringify({ ...whole, made_with: { ...made, shard: `${index}/2` } });
      file(`shards/shard-${index}-of-2/run.json`, text);
      file(`shards/shard-${index}-of-2/pred_ethnicities.txt`, '');
    }
    const told = await isHarmless(
      ['merge', '--inputs', path.join(folder, 'shards'), '--output_dir', `${out}-merged`],
      2,
    );
    if (typeof value === 'string') assert.match(told, /were made with device/);
  }
});

test('a path that a spreadsheet would run is written quoted, and read back by every reader', async () => {
  const rows = ['=1+1.jpg', '+a.jpg', '-a.jpg', '@a.jpg', '\ta.jpg', 'plain.jpg'];
  const predictions = file(
    'formulas.csv',
    csv(['path', 'label'], ...rows.map((row) => [row, 'Asian'])),
  );
  const labels = file(
    'formula-labels.csv',
    csv(['path', 'label'], ['other.jpg', '=cmd'], ['plain.jpg', 'Asian']),
  );
  const args = ['evaluate', '--predictions', predictions, '--labels', labels];
  await isHarmless([...args, '--output_dir', `${out}-formulas`], 3);
  const unmatched = readFileSync(path.join(`${out}-formulas`, 'unmatched.csv'), 'utf8');
  const cells: string[][] = parse(unmatched, { record_delimiter: '\r\n' });
  for (const cell of cells.flat()) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
  assert.equal(cells.length, 7);
  // The list, as labels, speaks of the same paths.
  const again = [
    'evaluate',
    '--predictions',
    predictions,
    '--labels',
    path.join(`${out}-formulas`, 'unmatched.csv'),
  ];
  const columns = ['--path_column', 'path', '--label_column', 'label'];
  const { code, stdout } = await facecls([...again, ...columns, '--output_dir', `${out}-again`]);
  assert.equal(code, 3);
  assert.match(stdout, /evaluate: 5 faces/);
});
