import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classNamesProblem,
  columnClassNames,
  labelClassNames,
  modelClassNames,
} from '../../../src/classify/class-names.js';
import { CLASS_NAMES } from '../../../src/classify/labels.js';

test('names of letters, digits, _ - and + can be used', () => {
  for (const names of [
    CLASS_NAMES,
    ['0', '1'],
    ['East-Asian', 'East_Asian', 'A+B'],
    ['x'.repeat(40), 'x'.repeat(39)],
    Array.from({ length: 100 }, (_, i) => `class${i}`),
  ]) {
    assert.equal(classNamesProblem(names), undefined, names.join());
  }
});

for (const [why, names, problem] of [
  ['a single one', ['A'], /fewer than two/],
  ['101', Array.from({ length: 101 }, (_, i) => `c${i}`), /there are 101/],
  ['an empty one', ['A', ''], /other characters or another length/],
  ['one of 41 characters', ['A', 'x'.repeat(41)], /another length/],
  ['a path', ['A', '../B'], /other characters/],
  ['a space', ['A', 'East Asian'], /other characters/],
  ['a terminal escape', ['A', 'B\x1b[31m'], /other characters/],
  ['a line end', ['A', 'B\n'], /other characters/],
  ['a letter of another alphabet', ['A', 'É'], /other characters/],
  ['an option', ['A', '-B'], /other characters/],
  ['a key of every object', ['A', '__proto__'], /other characters/],
  ['two that differ in case alone', ['asian', 'Asian'], /alike but for their case/],
  ['a column of predictions', ['A', 'Confidence'], /"confidence" has another meaning/],
  ['a column of undecided identities', ['A', 'best_class'], /another meaning/],
  ['a later column', ['A', 'overlaps'], /another meaning/],
  ['a file of results', ['A', 'failed'], /another meaning/],
  ['a device of Windows', ['A', 'Con'], /another meaning/],
] as const) {
  test(`${why} is refused as a name of a class`, () => {
    assert.match(classNamesProblem(names) ?? '', problem);
  });
}

test('a model without names has those of the bundled one', () => {
  assert.deepEqual(modelClassNames(undefined), CLASS_NAMES);
  assert.deepEqual(modelClassNames('b,a'), ['b', 'a']);
  assert.deepEqual(labelClassNames({}), CLASS_NAMES);
  assert.deepEqual(labelClassNames({ recorded: ['b', 'a'] }), ['b', 'a']);
});

test('columns whose values are probabilities that add up to one are classes', () => {
  const row = (values: Record<string, unknown>) => new Map(Object.entries(values));
  const two = { confidence: 0.7, b: 0.7, a: 0.3, note: 'x', age: 31, overlaps: 0 };
  assert.deepEqual(columnClassNames(row(two), {}), ['b', 'a']);
  // Where the record names them, another column that looks like one is none.
  assert.deepEqual(columnClassNames(row({ ...two, blur: 0 }), { recorded: ['a', 'b'] }), [
    'a',
    'b',
  ]);
  assert.deepEqual(columnClassNames(row({ ...two, blur: 0 }), { recorded: ['a', 'c'] }), [
    'b',
    'a',
    'blur',
  ]);
  const four = { Indian: 0.1, Asian: 0.2, African: 0.3, Caucasian: 0.4 };
  assert.deepEqual(columnClassNames(row(four), {}), CLASS_NAMES);
  const six = { ...four, Caucasian: 0.1, White: 0.2, Latino: 0.1 };
  assert.deepEqual(columnClassNames(row(six), {}), Object.keys(six));
  for (const values of [{ score: 1 }, { a: 0.3, b: 0.3 }, { a: 1.5, b: -0.5 }, {}]) {
    assert.deepEqual(columnClassNames(row(values), {}), CLASS_NAMES);
  }
});

test('the four that add up to one by themselves are the classes, whatever else is there', () => {
  const four = { African: 0.1, Asian: 0.8, Caucasian: 0.06, Indian: 0.04 };
  for (const further of [{ is_child: 0 }, { is_child: 1 }, { age: 0, blur: 0.5 }]) {
    for (const values of [
      { ...four, ...further },
      { ...further, ...four },
    ]) {
      assert.deepEqual(columnClassNames(new Map(Object.entries(values)), {}), CLASS_NAMES);
    }
  }
});

test('the classes of known errors are those of predictions without columns of classes alone', () => {
  const row = (values: Record<string, unknown>) => new Map(Object.entries(values));
  const fallback = ['b', 'a'];
  for (const values of [{}, { confidence: 0.9 }, { note: 'x', age: 31 }]) {
    assert.deepEqual(columnClassNames(row(values), { fallback }), fallback);
  }
  // Their order is the predictions'.
  assert.deepEqual(columnClassNames(row({ a: 0.9, b: 0.1 }), { fallback }), ['a', 'b']);
  assert.deepEqual(columnClassNames(row({ a: 0.5, b: 0.1, c: 0.4 }), { fallback }), [
    'a',
    'b',
    'c',
  ]);
  const four = { African: 0.1, Asian: 0.8, Caucasian: 0.06, Indian: 0.04 };
  for (const names of [['Asian', 'African'], CLASS_NAMES.toReversed()]) {
    assert.deepEqual(columnClassNames(row(four), { fallback: names }), CLASS_NAMES);
  }
  // Columns of these names whose values are none of probabilities are no classes, but speak against them.
  assert.deepEqual(columnClassNames(row({ a: 0.5, b: 0.1 }), { fallback }), CLASS_NAMES);
  assert.deepEqual(labelClassNames({ fallback }), fallback);
  assert.deepEqual(labelClassNames({ fallback: CLASS_NAMES.toReversed() }), CLASS_NAMES);
  assert.deepEqual(labelClassNames({ recorded: ['x', 'y'], fallback }), ['x', 'y']);
});

test('the four of which one has no probability in the first row are the classes all the same', () => {
  const row = { African: 1, Asian: 'NaN', Caucasian: 0, Indian: 0 };
  assert.deepEqual(columnClassNames(new Map(Object.entries(row)), {}), CLASS_NAMES);
});
