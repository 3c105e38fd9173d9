import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  inOrderOf,
  parseKnownErrors,
} from '../../../../src/analysis/composition/known-errors/known-errors.js';
import { UserError } from '../../../../src/files/errors.js';

const GOOD = {
  class_names: ['A', 'B'],
  confusion: [
    [8, 2],
    [1, 9],
  ],
};
const range = (from: number, to: number, confusion: number[][]) => ({ from, to, confusion });
const FULL = {
  ...GOOD,
  anything: 'else',
  classes: { A: { support: 10 }, B: { support: 10, recall: 0.9 } },
  confusion_by_confidence: [
    range(0, 0.5, [
      [3, 2],
      [1, 0],
    ]),
    range(0.5, 1, [
      [5, 0],
      [0, 9],
    ]),
  ],
  detection: { A: [10, 12] },
  model_sha256: 'AB'.repeat(32),
  made_with: {
    '--detector': 'mtcnn',
    '--min_face_size': 20,
    thresholds: [0.6, 0.7, 0.8],
    crops: 'uncompressed',
    device: 'cpu',
  },
  source: 'a sample',
  date: '2026-01-31',
};
const parse = (content: unknown) =>
  parseKnownErrors(Buffer.from(JSON.stringify(content)), 'known.json');

test('a file of two keys is enough', () => {
  const known = parse(GOOD);
  assert.equal(known.n, 20);
  assert.deepEqual(known.confusion, GOOD.confusion);
  assert.deepEqual([known.byConfidence, known.detection, known.cutting], [null, null, null]);
});

test('a full file gives all it holds', () => {
  const known = parse(FULL);
  assert.equal(known.byConfidence?.length, 2);
  assert.deepEqual(known.detection, [[10, 12], null]);
  assert.equal(known.modelSha256, 'ab'.repeat(32));
  assert.deepEqual(known.cutting, {
    detector: 'mtcnn',
    min_face_size: '20',
    thresholds: '0.6 0.7 0.8',
    crops: 'uncompressed',
  });
  assert.deepEqual([known.source, known.date], ['a sample', '2026-01-31']);
});

test('classes take the order of the predictions', () => {
  const known = inOrderOf(parse(FULL), ['B', 'A']);
  assert.deepEqual(known.confusion, [
    [9, 1],
    [2, 8],
  ]);
  assert.deepEqual(known.byConfidence?.[1].confusion, [
    [9, 0],
    [0, 5],
  ]);
  assert.deepEqual(known.detection, [null, [10, 12]]);
  assert.throws(() => inOrderOf(known, ['A', 'C']), /known\.json: its classes are B, A, those/);
  assert.throws(() => inOrderOf(known, ['A', 'B', 'C']), UserError);
});

test('a transposed matrix is refused with the remedy', () => {
  const classes = { A: { support: 9 }, B: { support: 11 } };
  assert.throws(
    () => parse({ ...GOOD, classes }),
    /known\.json: row A of `confusion` does not sum .* Its columns do: transpose it/,
  );
  const wrong = { A: { support: 10 }, B: { support: 12 } };
  assert.throws(() => parse({ ...GOOD, classes: wrong }), /row B .* of the same faces/);
});

const names = (list: unknown) => ({ ...GOOD, class_names: list });
const counts = (list: unknown) => ({ ...GOOD, confusion: list });
const ranges = (list: unknown) => ({ ...GOOD, confusion_by_confidence: list });
const [low, high] = FULL.confusion_by_confidence;

for (const [title, content, message] of [
  ['no object', [], /is not a JSON object/],
  ['no classes', { confusion: [] }, /`class_names` is not a list of 2 to 64/],
  ['one class', names(['A']), /`class_names` is not a list/],
  ['65 classes', names(Array.from({ length: 65 }, (_, i) => `${i}`)), /is not a list/],
  ['a name twice', names(['A', 'A']), /has a name twice/],
  ['a name that is a number', names(['A', 1]), /name 2 of `class_names`/],
  ['a name that moves the cursor', names(['A', '\u001b[2J']), /name 2 of `class_names`/],
  ['a name that turns the text round', names(['\u202eA', 'B']), /name 1 of `class_names`/],
  ['no confusion', names(['A', 'B', 'C']), /`confusion` is not 3 rows of 3 numbers/],
  ['a row that is too short', counts([[1, 2], [3]]), /not 2 rows of 2/],
  [
    'shares',
    counts([
      [0.8, 0.2],
      [0, 1],
    ]),
    /Give numbers of faces, not shares/,
  ],
  [
    'a negative count',
    counts([
      [-1, 2],
      [0, 1],
    ]),
    /no count from 0/,
  ],
  [
    'a count beyond all faces',
    counts([
      [1e15, 2],
      [0, 1],
    ]),
    /no count from 0/,
  ],
  [
    'a text for a count',
    counts([
      ['1', 2],
      [0, 1],
    ]),
    /no count from 0/,
  ],
  ['no range', ranges([]), /list of 1 to 100 ranges/],
  ['a gap between ranges', ranges([low, { ...high, from: 0.6 }]), /do not follow each other/],
  ['ranges that end early', ranges([low]), /do not follow each other/],
  ['a range turned round', ranges([{ ...low, from: 0.7 }]), /range 1 .* `from` below `to`/],
  [
    'ranges of other faces',
    ranges([
      low,
      {
        ...high,
        confusion: [
          [5, 1],
          [0, 9],
        ],
      },
    ]),
    /do not sum/,
  ],
  ['more faces than photographs', { ...GOOD, detection: { A: [3, 2] } }, /`detection` of A/],
  ['a hash that is none', { ...GOOD, model_sha256: 'abc' }, /64 hexadecimal/],
  ['a source that is a list', { ...GOOD, source: [] }, /`source` is not a text/],
  ['a source on two lines', { ...GOOD, source: 'a\nb' }, /`source` is not a text/],
] as const) {
  test(`${title}: the file is refused`, () => {
    assert.throws(
      () => parse(content),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^known\.json: .+\. .+\.$/);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('what is not JSON or too large is refused', () => {
  assert.throws(() => parseKnownErrors(Buffer.from('A,B'), 'f'), /f: is not JSON\. Give a JSON/);
  const large = Buffer.alloc(2 ** 24 + 1, ' ');
  assert.throws(() => parseKnownErrors(large, 'f'), /f: has more than 16 MiB/);
});

test('keys of the prototype are not taken for those of the file', () => {
  const text = '{"__proto__": {"class_names": ["A", "B"], "confusion": [[1, 0], [0, 1]]}}';
  assert.throws(() => parseKnownErrors(Buffer.from(text), 'f'), /`class_names` is not a list/);
});
