import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CLASS_NAMES, type ClassName, type EvaluationSample, evaluate } from 'facecls';
import { fixture, jsonFixture } from '../../support/fixture.js';

/** Rows of a CSV file in which nothing is quoted. */
function rowsOf(file: string): string[][] {
  const [, ...lines] = readFileSync(fixture(file), 'utf8').trimEnd().split('\r\n');
  return lines.map((line) => line.split(','));
}

function fixtureSamples(): EvaluationSample[] {
  const labels = rowsOf('evaluate/labels.csv');
  const known = new Map(labels.map(([name, gender, truth]) => [name, { gender, truth }]));
  return rowsOf('evaluate/predictions.csv').map(([crop, label, , ...probabilities]) => {
    const { gender, truth } = known.get(crop.replace(/^.*\/|_0\.jpg$/g, ''))!;
    return {
      truth: truth as ClassName,
      label: label as ClassName,
      probabilities: probabilities.map(Number),
      groups: { gender },
    };
  });
}

/** Figures of the fixture have the names of `metrics.json`, and 0 where we say null: for a class without support. */
// biome-ignore lint/suspicious/noExplicitAny: read from JSON
function assertSame(ours: any, theirs: any, where: string): void {
  if (typeof theirs === 'number') {
    assert.ok(Math.abs(ours - theirs) < 1e-12, `${where}: ${ours}, ${theirs}`);
    return;
  }
  for (const [key, value] of Object.entries(theirs)) {
    const name = key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    const figure = name === 'expectedCalibrationError' ? ours.calibration.ece : ours[name];
    if (value === null || (key === 'recall' && theirs.support === 0)) assert.equal(figure, null);
    else assertSame(figure, value, `${where} ${key}`);
  }
}

test("every figure is scikit-learn's, over all and by group", async () => {
  const samples = fixtureSamples();
  const evaluation = await evaluate(samples);
  const { gender, ...overall } = jsonFixture('evaluate/expected.json');
  assertSame(evaluation, overall, 'overall');
  const { groups, gaps } = evaluation.groups.gender;
  assert.deepEqual(Object.keys(groups), Object.keys(gender));
  for (const [name, figures] of Object.entries(gender)) assertSame(groups[name], figures, name);
  assert.deepEqual([gaps.accuracy?.best, gaps.accuracy?.worst], ['Female', 'Male']);
  assertSame(gaps.accuracy?.gap, gender.Female.accuracy - gender.Male.accuracy, 'gap');
  async function* oneByOne() {
    yield* samples;
  }
  assert.deepEqual(await evaluate(oneByOne()), evaluation);
});

const [african, asian, caucasian] = CLASS_NAMES;

test('samples without probabilities or some of the groups have the figures by hand', async () => {
  const evaluation = await evaluate([
    { truth: african, label: african, groups: { age: 'old' } },
    { truth: african, label: african },
    { truth: african, label: asian, groups: { age: undefined, gender: 'f' } },
    { truth: asian, label: asian, groups: { gender: 'm', age: 'old' }, probabilities: undefined },
  ]);
  const { n, accuracy, balancedAccuracy, classes, confusion, calibration, groups } = evaluation;
  assert.deepEqual([n, accuracy, calibration], [4, 0.75, null]);
  assert.ok(Math.abs(Number(balancedAccuracy) - (2 / 3 + 1) / 2) < 1e-15);
  assert.deepEqual(confusion, [
    [2, 1, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  assert.deepEqual(classes.Caucasian, {
    ...{ precision: null, precisionInterval: null, recall: null, recallInterval: null },
    ...{ f1: null, support: 0, predicted: 0 },
  });
  const accuracies = Object.entries(groups).map(([kind, { groups: each, gaps }]) => [
    kind,
    Object.entries(each).map(([name, figures]) => [name, figures.n, figures.accuracy]),
    gaps,
  ]);
  const none = { accuracy: null, balancedAccuracy: null };
  assert.deepEqual(accuracies, [
    ['age', [['old', 2, 1]], none],
    [
      'gender',
      [
        ['f', 1, 0],
        ['m', 1, 1],
      ],
      none,
    ],
  ]);
});

test('probabilities of the predicted class are its confidence', async () => {
  const probabilities = new Float32Array([0.25, 0.5, 0.25, 0]);
  const { calibration } = await evaluate([
    { truth: asian, label: asian, probabilities },
    { truth: asian, label: caucasian, probabilities },
  ]);
  // Two bins with one sample each: (|1 - 0.5| + |0 - 0.25|) / 2.
  assert.equal(calibration?.ece, 0.375);
});

test('no sample has no figures, and no groups', async () => {
  const { n, accuracy, balancedAccuracy, calibration, groups } = await evaluate([]);
  assert.deepEqual([n, accuracy, balancedAccuracy, calibration, groups], [0, null, null, null, {}]);
});

test('other classes than those of the bundled model are given by name', async () => {
  const classNames = ['cool', 'warm'] as const;
  const samples = [
    { truth: 'warm', label: 'warm', probabilities: [0.25, 0.75] },
    { truth: 'cool', label: 'warm', probabilities: [0.25, 0.75] },
  ];
  const { confusion, classes, calibration } = await evaluate(samples, { classNames });
  assert.deepEqual(confusion, [
    [0, 1],
    [0, 1],
  ]);
  assert.deepEqual([classes.cool.recall, classes.warm.precision], [0, 0.5]);
  assert.equal(calibration?.ece, 0.25);
  for (const [names, received] of [
    [['cool'], /^classNames: expected two to 100 .*, received \["cool"\]$/],
    [['cool', '../warm'], /^classNames: /],
    ['ab', /^classNames: /],
    [['a', 1], /^classNames: /],
  ] as const) {
    const options = { classNames: names as unknown as string[] };
    await assert.rejects(evaluate(samples, options), { name: 'UserError', message: received });
  }
  await assert.rejects(evaluate(samples), /samples\[0\]\.truth: expected African or /);
  const misspelt = { classnames: classNames } as object;
  await assert.rejects(evaluate(samples, misspelt), /^UserError: classnames: no such option; /);
});

test('groups may have any names', async () => {
  const groups = { ['__proto__']: 'constructor', 10: '' };
  const evaluation = await evaluate([{ truth: asian, label: asian, groups }]);
  assert.deepEqual(Object.keys(evaluation.groups).sort(), ['10', '__proto__']);
  const [, grouping] = Object.entries(evaluation.groups).find(([kind]) => kind === '__proto__')!;
  assert.deepEqual(Object.keys(grouping.groups), ['constructor']);
});

test('a sample that is not as described is told by its place', async () => {
  const good = { truth: asian, label: asian };
  for (const [sample, message] of [
    [
      { ...good, truth: 'White' },
      /^samples\[1\]\.truth: expected African or .*, received "White"$/,
    ],
    [{ truth: asian }, /^samples\[1\]\.label: expected African or .*, received undefined$/],
    [{ ...good, probabilities: [1] }, /^samples\[1\]\.probabilities: expected 4 numbers from 0 /],
    [{ ...good, probabilities: [0, 0, 0, 2] }, /probabilities: .* received \[0,0,0,2\]$/],
    [{ ...good, probabilities: null }, /^samples\[1\]\.probabilities: /],
    [
      { ...good, groups: 'Female' },
      /^samples\[1\]\.groups: expected an object, received "Female"$/,
    ],
    [{ ...good, groups: { age: 7 } }, /^samples\[1\]\.groups\.age: expected text, received 7$/],
    [null, /^samples\[1\]: expected an object, received null$/],
  ] as const) {
    await assert.rejects(evaluate([good, sample as EvaluationSample]), {
      name: 'UserError',
      message,
    });
  }
  for (const one of [good, 'Asian', undefined] as unknown as EvaluationSample[][]) {
    await assert.rejects(evaluate(one), /^UserError: samples: expected an iterable or async iter/);
  }
  async function* failing(): AsyncGenerator<EvaluationSample> {
    yield good;
    throw new TypeError('of the samples');
  }
  await assert.rejects(evaluate(failing()), /^TypeError: of the samples/);
});
