import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, jsonFixture } from '../support/fixture.js';

const folder = temporaryFolder();
const predictions = fixture('evaluate/predictions.csv');
const labels = fixture('evaluate/labels.csv');
const expected = jsonFixture('evaluate/expected.json');

let made = 0;
const newFolder = () => path.join(folder, `out${++made}`);
const read = (...parts: string[]) => readFileSync(path.join(...parts), 'utf8');

function file(content: string): string {
  const name = path.join(folder, `file${++made}`);
  writeFileSync(name, content);
  return name;
}

/** Theirs is 0 where we say null: the recall of a class without support. */
// biome-ignore lint/suspicious/noExplicitAny: read from JSON
function assertSame(ours: any, theirs: any, where: string): void {
  if (typeof theirs === 'number') {
    assert.ok(Math.abs(ours - theirs) < 1e-12, `${where}: ${ours}, ${theirs}`);
    return;
  }
  for (const [key, value] of Object.entries(theirs)) {
    if (value === null || (key === 'recall' && theirs.support === 0)) assert.equal(ours[key], null);
    else assertSame(ours[key], value, `${where} ${key}`);
  }
}

test("every figure is scikit-learn's", async () => {
  const out = newFolder();
  const { code, stdout, stderr } = await facecls([
    ...['evaluate', '--predictions', predictions, '--labels', labels, '--output-dir', out],
    ...['--group-column', 'gender', '--json'],
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const metrics = JSON.parse(stdout);
  assert.deepEqual(metrics, JSON.parse(read(out, 'metrics.json')));
  const { gender, ...overall } = expected;
  assertSame(metrics, overall, 'overall');
  assert.deepEqual(Object.keys(metrics.groups.gender.groups), Object.keys(gender));
  for (const [name, figures] of Object.entries(gender)) {
    assertSame(metrics.groups.gender.groups[name], figures, name);
  }
  assert.ok(metrics.groups.gender.groups.unknown.small);
  const { gap, best, worst } = metrics.groups.gender.gaps.accuracy;
  assert.deepEqual([best, worst], ['Female', 'Male']);
  assert.ok(Math.abs(gap - (gender.Female.accuracy - gender.Male.accuracy)) < 1e-12);
  assert.doesNotMatch(stdout, /NaN/);

  assert.deepEqual(readdirSync(out).sort(), [
    'calibration.png',
    'confusion.csv',
    'confusion_matrix.png',
    'metrics.json',
    'unmatched.csv',
  ]);
  const rows = expected.confusion.map((row: number[], k: number) =>
    [['African', 'Asian', 'Caucasian', 'Indian'][k], ...row].join(','),
  );
  assert.equal(
    read(out, 'confusion.csv'),
    ['label,African,Asian,Caucasian,Indian', ...rows, ''].join('\r\n'),
  );
  assert.equal(read(out, 'unmatched.csv'), 'source,line,path,label,reason\r\n');
});

test("the temperature is SciPy's, and the confusion by confidence NumPy's", async () => {
  const out = newFolder();
  const args = ['evaluate', '--labels', labels, '--output_dir', out, '--fit_temperature'];
  const { code, stdout, stderr } = await facecls([...args, '--predictions', predictions]);
  assert.equal(code, 0, stderr);
  const theirs = jsonFixture('evaluate/temperature.json');
  const { temperature_fit: fit, ...metrics } = JSON.parse(read(out, 'metrics.json'));
  assert.deepEqual(metrics.confusion_by_confidence, theirs.confusion_by_confidence);
  // A minimum is known to the root of the precision of what is minimised.
  assert.ok(Math.abs(fit.temperature - theirs.temperature) < 1e-6, fit.temperature);
  for (const figure of ['negative_log_likelihood', 'expected_calibration_error']) {
    for (const when of ['before', 'after']) {
      const [ours, expected] = [fit[figure][when], theirs[figure][when]];
      assert.ok(Math.abs(ours - expected) < 1e-6, `${figure} ${when}: ${ours}, ${expected}`);
      assert.match(
        stdout,
        new RegExp(`^${figure.replace(/_/g, '[ -]')} .*${ours.toFixed(4)}`, 'm'),
      );
    }
  }
  assert.equal(fit.expected_calibration_error.before, metrics.expected_calibration_error);
  assert.deepEqual([fit.n, fit.floored, fit.probability_floor], [300, 0, 5e-7]);
  assert.match(stdout, new RegExp(`^temperature ${fit.temperature.toFixed(4)} `, 'm'));
});

test('standard output is the table with the summary last, also for txt without confidences', async () => {
  const out = newFolder();
  const args = ['evaluate', '--labels', labels, '--output_dir', out, '--predictions'];
  const csv = await facecls([...args, predictions, '--group_column', 'gender', 'gender']);
  assert.equal(csv.code, 0, csv.stderr);
  const lines = csv.stdout.trimEnd().split('\n');
  assert.match(lines[0], /^class +precision +recall +F1 +support +predicted$/);
  const { precision } = expected.classes.African;
  assert.match(
    lines[1],
    new RegExp(`^African +${precision.toFixed(3)} \\[0\\.\\d{3}, 0\\.\\d{3}\\]`),
  );
  assert.match(csv.stdout, /^accuracy +0\.620 \[0\.564, 0\.673\]$/m);
  const ece = expected.expected_calibration_error.toFixed(3);
  assert.match(csv.stdout, new RegExp(`^expected calibration error +${ece}$`, 'm'));
  assert.match(csv.stdout, /^unknown \* +20 .* -$/m);
  assert.match(csv.stdout, /^gap in accuracy 0\.033: best Female, worst Male$/m);
  assert.equal(lines.at(-1), `evaluate: 300 faces, accuracy 0.6200, results in ${out}`);

  const txt = read(predictions)
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((row) => {
      const [name, label] = row.split(',');
      return `${name} ${label}\n`;
    });
  assert.ok(existsSync(path.join(out, 'calibration.png')));
  const plain = await facecls([...args, '-', '--overwrite'], { input: txt.join('') });
  assert.equal(plain.code, 0, plain.stderr);
  assert.doesNotMatch(plain.stdout, /calibration/);
  assert.ok(!existsSync(path.join(out, 'calibration.png')), 'of the run before');
  assert.equal(JSON.parse(read(out, 'metrics.json')).expected_calibration_error, null);
  const quiet = await facecls([...args, '-', '--quiet', '--overwrite'], { input: txt.join('') });
  assert.deepEqual(quiet, { code: 0, stdout: '', stderr: '' });
});

test('what has no counterpart is counted and listed, and labels of no class make the exit code 3', async () => {
  const out = newFolder();
  const { code, stdout, stderr } = await facecls(
    [
      ...['evaluate', '--predictions', '-', '--output_dir', out, '--labels'],
      file(
        'file,race\n1.jpg,Asian\n2.jpg,African\n3.jpg,Middle Eastern\n"say ""hi"".jpg",Indian\n5.jpg,Asian\n5.jpg,Asian\n',
      ),
    ],
    {
      input:
        'a/1.jpg#0 Asian\na/1.jpg#1 Indian\na/3.jpg#0 Asian\na/5.jpg#0 Asian\nb/5.jpg#0 Asian\n"new\\nline.jpg#0" Indian\n',
    },
  );
  assert.equal(code, 3, stderr);
  assert.match(
    stderr,
    /^.*: 1 row left out, .* African, .*: "Middle Eastern" 1; --label_map .*\n$/,
  );
  assert.match(
    stdout.trimEnd().split('\n').at(-1) ?? '',
    /^evaluate: 1 face, 1 of 5 labels of no class, accuracy 1\.0000, 2 labels without a prediction, 1 ambiguous label, 1 repeated label, 1 prediction without a label, 1 further face, results in /,
  );
  assert.deepEqual(read(out, 'unmatched.csv').trimEnd().split('\r\n').sort(), [
    'labels,3,2.jpg,African,no_prediction',
    'labels,4,3.jpg,Middle Eastern,unknown_label',
    'labels,5,"say ""hi"".jpg",Indian,no_prediction',
    'labels,6,5.jpg,Asian,ambiguous',
    'labels,7,5.jpg,Asian,repeated',
    'predictions,2,a/1.jpg#1,Indian,further_face',
    'predictions,3,a/3.jpg#0,Asian,unknown_label',
    'predictions,4,a/5.jpg#0,Asian,ambiguous',
    'predictions,5,b/5.jpg#0,Asian,ambiguous',
    'predictions,6,"new\nline.jpg#0",Indian,no_label',
    'source,line,path,label,reason',
  ]);
});

test('labels come from standard input too, and neither case nor space around them counts', async () => {
  const out = newFolder();
  const args = ['evaluate', '--labels', '-', '--output_dir', out, '--predictions'];
  const { code, stderr } = await facecls([...args, file('1.jpg Asian\n2.jpg Asian\n')], {
    input: 'f,label\n1.jpg, Asian\n2.jpg, asian\n',
  });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, 'standard input: spaces around 2 labels do not count\n');
  assert.equal(JSON.parse(read(out, 'metrics.json')).n, 2);
  const both = await facecls([...args, '-'], { input: '1.jpg Asian\n' });
  assert.equal(both.code, 2);
  assert.match(both.stderr, /^facecls: --predictions and --labels: both are standard input; .*\n$/);
});

const empty = path.join(folder, 'empty');
mkdirSync(empty);

for (const [why, rows, input, args, pattern] of [
  [
    'nothing matches',
    'f,l\nval/1.jpg,Asian\n',
    'train/1.jpg Asian\n',
    [],
    /has val\/1\.jpg, .* has train\/1\.jpg; .*--path_column/,
  ],
  [
    'no label is a class',
    'f,l\n1.jpg,White\n',
    '1.jpg Asian\n',
    [],
    /no label that matches a prediction is one of African, .*"White" 1; .*--label_column/,
  ],
  [
    'labels that are all ambiguous',
    'f,l\n1.jpg,Asian\n',
    'a/1.jpg Asian\nb/1.jpg Asian\n',
    [],
    /like 1\.jpg, match several .* as in a\/1\.jpg/,
  ],
  ['no predictions', 'f,l\n1.jpg,Asian\n', '', [], /--predictions -: holds no prediction/],
  ['a bad prediction', 'f,l\n1.jpg,Asian\n', '1.jpg asian\n', [], /standard input, line 1/],
  [
    'labels that conflict',
    'f,l\n1.jpg,Asian\n1.jpg,Indian\n',
    '1.jpg Asian\n',
    [],
    /lines 2 and 3 differ/,
  ],
  [
    'a column that is missing',
    'f,l\n1.jpg,Asian\n',
    '1.jpg Asian\n',
    ['--group_column', 'age'],
    /--group_column age: .* columns are f, l/,
  ],
  [
    'a temperature without probabilities',
    'f,l\n1.jpg,Asian\n',
    '1.jpg Asian\n',
    ['--fit_temperature'],
    /--fit_temperature: - has no probabilities; give predictions\.csv/,
  ],
  [
    'a temperature of what is all right',
    'f,l\n1.jpg,Asian\n',
    'path,label,confidence,African,Asian,Caucasian,Indian\n1.jpg,Asian,0.7,0.1,0.7,0.1,0.1\n',
    ['--fit_temperature'],
    /--fit_temperature: no temperature suits 1 face: .*below 0\.01, .* all predictions are right/,
  ],
] as const) {
  test(`evaluate refuses ${why}`, async () => {
    const out = newFolder();
    const { code, stdout, stderr } = await facecls(
      ['evaluate', '--predictions', '-', '--labels', file(rows), '--output_dir', out, ...args],
      { input },
    );
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.ok(!existsSync(out), 'a folder that this run made');
  });
}

test('a run that fails keeps a folder that was there, and leaves nothing of its own', async () => {
  const out = path.join(newFolder(), 'deep', 'deeper');
  const args = ['evaluate', '--labels', labels, '--output_dir', out, '--predictions', '-'];
  assert.equal((await facecls(args, { input: 'none.jpg Asian\n' })).code, 2);
  assert.ok(!existsSync(path.dirname(path.dirname(out))));
  mkdirSync(path.join(out, 'calibration.png.partial'), { recursive: true });
  const blocked = await facecls([...args.slice(0, -1), predictions]);
  assert.equal(blocked.code, 1, blocked.stderr);
  assert.match(blocked.stderr, /cannot write .*calibration\.png: /);
  assert.deepEqual(readdirSync(out), ['calibration.png.partial']);
});

for (const [why, args, pattern] of [
  [
    'missing labels',
    ['--predictions', predictions, '--labels', `${folder}/none`],
    /--labels .*none: no such file/,
  ],
  [
    'missing predictions',
    ['--predictions', `${folder}/none`, '--labels', labels],
    /none: no such file/,
  ],
  ['a folder', ['--predictions', empty, '--labels', labels], /empty: has none of predictions/],
  ['no labels', ['--predictions', predictions], /--labels/],
] as const) {
  test(`evaluate refuses ${why}`, async () => {
    const { code, stderr } = await facecls(['evaluate', '--output_dir', newFolder(), ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, pattern);
  });
}
