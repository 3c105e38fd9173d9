/** Labels in other words than the classes, and as spreadsheets leave them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();

/** Ten photographs a group of FairFace, all of which were predicted Indian. */
const GROUPS = [
  ...['White', 'Black', 'East Asian', 'Southeast Asian', 'Indian'],
  ...['Middle Eastern', 'Latino_Hispanic'],
];
const PHOTOGRAPHS = GROUPS.flatMap((race) => Array.from({ length: 10 }, () => race)).map(
  (race, i) => ({ file: `${i}.jpg`, race }),
);
const PREDICTIONS = path.join(folder, 'pred_ethnicities.txt');
writeFileSync(PREDICTIONS, PHOTOGRAPHS.map(({ file }) => `in/${file}#0 Indian\n`).join(''));

let count = 0;
async function evaluate(labels: string, options: readonly string[] = []) {
  const name = path.join(folder, `${count++}`);
  writeFileSync(`${name}.csv`, labels);
  const given = ['--predictions', PREDICTIONS, '--labels', `${name}.csv`, '--output_dir', name];
  const { code, stdout, stderr } = await facecls(['evaluate', ...given, '--json', ...options]);
  const { stdout: summary } = await facecls(['evaluate', ...given, '--overwrite', ...options]);
  const headline = summary.trimEnd().split('\n').at(-1) ?? '';
  return {
    ...{ code, stderr, headline },
    record: code === 2 ? undefined : JSON.parse(stdout),
    unmatched: code === 2 ? '' : readFileSync(path.join(name, 'unmatched.csv'), 'utf8'),
  };
}

const rows = (line: (photograph: (typeof PHOTOGRAPHS)[number]) => string) =>
  PHOTOGRAPHS.map((photograph) => `${line(photograph)}\n`).join('');
const FAIRFACE = `file,race\n${rows(({ file, race }) => `${file},${race}`)}`;
const RACE = ['--label_column', 'race'];

test('labels of which more than a tenth are of no class end with 3, and the headline says how many', async () => {
  const { code, headline, record, stderr } = await evaluate(FAIRFACE, RACE);
  assert.equal(code, 3);
  assert.match(headline, /^evaluate: 10 faces, 60 of 70 labels of no class, accuracy 1\.0000, /);
  assert.equal(record.counts.labels.unknown_label, 60);
  assert.equal(record.label_map, null);
  assert.match(stderr, /60 rows left out, .*"White" 10, .*; --label_map /);
});

test('a tenth of labels of no class is still in order', async () => {
  const nine = PHOTOGRAPHS.slice(0, 10).map(({ file }, i) => `${file},${i < 9 ? 'indian' : 'x'}\n`);
  const { code, headline } = await evaluate(`file,label\n${nine.join('')}`);
  assert.equal(code, 0);
  assert.match(headline, /^evaluate: 9 faces, accuracy 1\.0000, .*1 unknown label, /);
});

test('fairface maps labels, and leaves two groups out on purpose', async () => {
  const { code, headline, record, stderr, unmatched } = await evaluate(FAIRFACE, [
    ...RACE,
    ...['--label_map', 'fairface'],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(headline, /^evaluate: 50 faces, accuracy 0\.2000, 20 labels left out, results in /);
  assert.equal(stderr, '');
  const { evaluated, left_out, unknown_label } = record.counts.labels;
  assert.deepEqual([evaluated, left_out, unknown_label], [50, 20, 0]);
  assert.equal(record.counts.predictions.left_out, 20);
  assert.deepEqual(record.counts.left_out_labels, { 'Middle Eastern': 10, Latino_Hispanic: 10 });
  assert.equal(record.classes.Asian.support, 20);
  assert.equal(record.label_map.Black, 'African');
  assert.match(unmatched, /^labels,52,50\.jpg,Middle Eastern,left_out\r$/m);
});

test('pairs leave what they do not name as it is', async () => {
  const map = ['--label_map', 'White=Caucasian,black=African,Middle Eastern='];
  const { code, headline } = await evaluate(FAIRFACE, [...RACE, ...map]);
  assert.equal(code, 3);
  assert.match(
    headline,
    /^evaluate: 30 faces, 30 of 70 labels of no class, .*, 10 labels left out/,
  );
});

test('an empty label is no label, and counts apart', async () => {
  const half = rows(({ file, race }) => (race === 'Indian' ? `${file},Indian` : `${file}, `));
  const { code, headline, record } = await evaluate(`file,label\n${half}`);
  assert.equal(code, 0);
  assert.match(headline, /^evaluate: 10 faces, accuracy 1\.0000, 60 empty labels, /);
  assert.equal(record.counts.labels.empty_label, 60);
});

test('where nothing is left that matches, the sentence says why', async () => {
  const all = ['--label_map', GROUPS.map((name) => `${name}=`).join(',')];
  const none = await evaluate(FAIRFACE, [...RACE, ...all]);
  assert.equal(none.code, 2);
  assert.match(
    none.stderr,
    /--label_map: leaves out all labels that match a prediction: \\"White\\" 10/,
  );
  const empty = await evaluate(`file,label\n${rows(({ file }) => `${file}, `)}`);
  assert.equal(empty.code, 2);
  assert.match(empty.stderr, /all labels that match a prediction are empty/);
});

test('labels as spreadsheets write them give the same figures, and what was passed over is said', async () => {
  const map = [...RACE, '--label_map', 'fairface'];
  const { record: usual } = await evaluate(FAIRFACE, map);
  const figures = ({ n, accuracy, confusion }: typeof usual) => ({ n, accuracy, confusion });
  for (const [labels, counts, said] of [
    [`${FAIRFACE},\n,\n`, { empty_rows: 2 }, ''],
    [`sep=;\r\n${FAIRFACE.replaceAll(',', ';')}`, {}, ''],
    [`sep=,\r\n${FAIRFACE}`, {}, ''],
    [
      FAIRFACE.replaceAll(',', ' , '),
      { trimmed_paths: 50, trimmed_labels: 70 },
      'spaces around 50 paths and 70 labels do not count',
    ],
  ] as const) {
    const { code, record, stderr } = await evaluate(labels, map);
    assert.equal(code, 0, stderr);
    assert.deepEqual(figures(record), figures(usual));
    const { empty_rows, trimmed_paths, trimmed_labels } = record.counts;
    const none = { empty_rows: 0, trimmed_paths: 0, trimmed_labels: 0 };
    assert.deepEqual({ empty_rows, trimmed_paths, trimmed_labels }, { ...none, ...counts });
    assert.ok(stderr.includes(said), stderr);
  }
});

test('a label or a group that a spreadsheet turned into a date is unknown, and quoted', async () => {
  const dated = rows(({ file }) => {
    const i = Number.parseInt(file, 10);
    return `${file},${i === 0 ? '9-March' : 'Indian'},${i % 2 === 0 ? '03-Sep' : ' 20-29'}`;
  });
  const { code, record, stderr } = await evaluate(`file,label,age\n${dated}`, [
    ...['--group_column', 'age'],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /"9-March" 1 \(a date that a spreadsheet made\)/);
  assert.match(stderr, /35 rows left out of the groups of age, .*: "03-Sep" 35 /);
  assert.deepEqual(Object.keys(record.groups.age.groups), ['20-29']);
  assert.equal(record.groups.age.groups['20-29'].n, 35);
  assert.deepEqual(record.counts.unknown_groups, { age: { '03-Sep': 35 } });
  assert.deepEqual(record.counts.unknown_labels, { '9-March': 1 });
});
