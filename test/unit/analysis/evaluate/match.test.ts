import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelRow } from '../../../../src/analysis/evaluate/labels/labels.js';
import { Matcher } from '../../../../src/analysis/evaluate/match.js';
import { UserError } from '../../../../src/files/errors.js';

const CLASSES = ['a', 'b'];

const label = (path: string | Buffer, name = 'a', line = 2): LabelRow => ({
  path: Buffer.from(path),
  label: name,
  groups: [],
  line,
});
const face = (path: string | Buffer, name = 'a', line = 1) => ({
  path: Buffer.from(path),
  label: name,
  line,
});

function match(labels: readonly LabelRow[], faces: ReturnType<typeof face>[]) {
  const matcher = new Matcher(labels, 'labels.csv', CLASSES);
  const now = faces.flatMap((one) => matcher.add(one) ?? []);
  const matched = matcher.finish();
  const { labels: fates, predictions } = matched;
  const total = (counts: object) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  assert.equal(total(fates), labels.length, 'each label has one fate');
  assert.equal(total(predictions), faces.length, 'each prediction has one fate');
  const listed = [...now, ...matched.unmatched];
  const left = labels.length + faces.length - 2 * fates.evaluated;
  assert.equal(listed.length, left, 'what is not evaluated is listed');
  return {
    matched,
    listed: listed.map(({ source, path, reason }) => `${source} ${path} ${reason}`),
  };
}

// biome-ignore format: a table
for (const [name, prediction, matches] of [
  ['x.jpg', 'x.jpg', true],
  ['x.jpg', 'in/sub/x.jpg', true],
  ['x.jpg', 'x.jpg_0.jpg', true],
  ['x.jpg', 'in/x.jpg_0.png', true],
  ['x.jpg', 'x.jpg#0', true],
  ['x.jpg', '/data/in/x.jpg#0', true],
  ['sub/x.jpg', 'in/sub/x.jpg_0.jpg', true],
  ['./sub/x.jpg', 'sub/x.jpg', true],
  ['sub/x.jpg', './sub/x.jpg', true],
  ['/data/x.jpg', '/data/x.jpg', true],
  ['x.jpg_0.jpg', 'in/x.jpg_0.jpg', true],
  ['x.jpg_1.jpg', 'in/x.jpg_1.jpg', true],
  ['x.jpg#1', 'in/x.jpg#1', true],
  ['IMG_0.jpg', 'IMG_0.jpg', true],
  ['IMG_0.jpg', 'IMG_0.jpg_0.jpg', true],
  ['張 三.jpg', 'in/張 三.jpg#0', true],
  ['x\n.jpg', 'in/x\n.jpg_0.jpg', true],
  ['x.jpg', 'xx.jpg', false],
  ['ub/x.jpg', 'sub/x.jpg', false],
  ['other/x.jpg', 'sub/x.jpg', false],
  ['in/sub/x.jpg', 'x.jpg', false],
  ['x.jpg', 'x.JPG', false],
  ['x.jpg', 'x.jpg_0.webp', false],
  ['x.jpg', 'x.jpg_a.jpg', false],
  ['x.jpg', 'x.jpg/y.jpg', false],
] as const) {
  test(`label ${JSON.stringify(name)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(prediction)}`, () => {
    const { listed } = match([label(name)], [face(prediction)]);
    assert.equal(listed.length === 0, matches, listed.join());
  });
}

test('paths are bytes: those that are no UTF-8 match only themselves', () => {
  const bytes = (byte: number) => Buffer.from([0x78, byte]);
  const path = (byte: number) => Buffer.concat([Buffer.from('in/'), bytes(byte)]);
  const { matched, listed } = match([label(bytes(0xff))], [face(path(0xff)), face(path(0xfe))]);
  assert.equal(matched.labels.evaluated, 1);
  assert.deepEqual(listed, ['predictions "in/x\\xfe" no_label']);
});

test('truth and prediction go together, whatever the order', () => {
  const { matched } = match(
    [label('1.jpg', 'a'), label('2.jpg', 'b'), label('3.jpg', 'b')],
    [face('3.jpg', 'b'), face('1.jpg', 'b'), face('2.jpg', 'a')],
  );
  assert.deepEqual(matched.samples, [
    { truth: 0, predicted: 1 },
    { truth: 1, predicted: 0 },
    { truth: 1, predicted: 1 },
  ]);
});

test('face 0 counts, further faces are listed', () => {
  const { matched, listed } = match(
    [label('x.jpg')],
    [face('x.jpg#1', 'b'), face('x.jpg#0'), face('x.jpg#2', 'b')],
  );
  assert.equal(matched.labels.evaluated, 1);
  assert.deepEqual(matched.samples, [{ truth: 0, predicted: 0 }]);
  assert.deepEqual(listed, [
    'predictions x.jpg#1 further_face',
    'predictions x.jpg#2 further_face',
  ]);
});

test('a bare name found in two folders is ambiguous: none of them counts', () => {
  const { matched, listed } = match(
    [label('x.jpg'), label('y.jpg')],
    [face('a/x.jpg'), face('b/x.jpg'), face('c/x.jpg'), face('a/y.jpg')],
  );
  assert.equal(matched.labels.evaluated, 1);
  assert.deepEqual(listed.sort(), [
    'labels x.jpg ambiguous',
    'predictions a/x.jpg ambiguous',
    'predictions b/x.jpg ambiguous',
    'predictions c/x.jpg ambiguous',
  ]);
});

test('the label that says most counts', () => {
  const { matched } = match(
    [label('x.jpg', 'a'), label('b/x.jpg', 'b')],
    [face('a/x.jpg', 'a'), face('b/x.jpg', 'b')],
  );
  assert.equal(matched.labels.evaluated, 2);
  assert.deepEqual(matched.samples, [
    { truth: 0, predicted: 0 },
    { truth: 1, predicted: 1 },
  ]);
});

test('labels without prediction, predictions without label and unknown labels are listed', () => {
  const { matched, listed } = match(
    [label('1.jpg'), label('2.jpg'), label('3.jpg', 'c'), label('4.jpg', 'c'), label('5.jpg', '')],
    [face('1.jpg'), face('3.jpg'), face('9.jpg')],
  );
  assert.deepEqual(listed.sort(), [
    'labels 2.jpg no_prediction',
    'labels 3.jpg unknown_label',
    'labels 4.jpg unknown_label',
    'labels 5.jpg empty_label',
    'predictions 3.jpg unknown_label',
    'predictions 9.jpg no_label',
  ]);
  assert.deepEqual([...matched.unknownLabels], [['c', 2]]);
});

test('the same row twice is listed, two that differ are an error with both lines', () => {
  const { matched } = match([label('1.jpg', 'a', 2), label('./1.jpg', 'a', 5)], [face('1.jpg')]);
  assert.equal(matched.labels.repeated, 1);
  assert.throws(
    () => match([label('1.jpg', 'a', 2), label('1.jpg', 'b', 5)], []),
    (error) =>
      error instanceof UserError && /labels\.csv: lines 2 and 5 .*1\.jpg/.test(error.message),
  );
  const male = { ...label('1.jpg', 'a', 7), groups: ['Male'] };
  assert.throws(() => match([{ ...label('1.jpg'), groups: ['Female'] }, male], []), /2 and 7/);
});

test('the same prediction twice is listed, two that differ are an error with both lines', () => {
  const { listed } = match([label('1.jpg')], [face('1.jpg', 'a', 1), face('1.jpg', 'a', 2)]);
  assert.deepEqual(listed, ['predictions 1.jpg repeated']);
  assert.throws(
    () => match([label('1.jpg')], [face('1.jpg', 'a', 3), face('1.jpg', 'b', 9)]),
    (error) => error instanceof UserError && /lines 3 and 9 .*1\.jpg/.test(error.message),
  );
});
