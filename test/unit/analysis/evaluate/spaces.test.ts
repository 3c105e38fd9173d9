/** Space around paths in labels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLabels } from '../../../../src/analysis/evaluate/labels/labels.js';
import { Matcher } from '../../../../src/analysis/evaluate/match.js';

const CLASSES = ['a', 'b'];

function match(csv: string, paths: readonly string[]) {
  const table = parseLabels(Buffer.from(csv), 'l.csv', { groups: [] }, CLASSES);
  const matcher = new Matcher(table.rows, 'l.csv', CLASSES);
  const faces = paths.map((path, i) => ({ path: Buffer.from(path), label: 'a', line: i + 1 }));
  const now = faces.flatMap((face) => matcher.add(face) ?? []);
  const { labels, predictions, trimmedPaths, unmatched } = matcher.finish();
  const listed = [...now, ...unmatched].map(({ source, path, reason }) => [source, path, reason]);
  return { evaluated: labels.evaluated, predictions, trimmedPaths, listed };
}

test('space around a path does not count where only the path without it was predicted', () => {
  for (const path of [' 1.jpg', '1.jpg ', '\t1.jpg\u00a0', ' in/1.jpg ', ' ./1.jpg']) {
    const found = match(`f,l\n"${path}",a\n`, ['x/in/1.jpg#0', 'x/in/1.jpg#1']);
    assert.deepEqual([found.evaluated, found.trimmedPaths], [1, 1], path);
    assert.deepEqual(found.listed, [['predictions', 'x/in/1.jpg#1', 'further_face']]);
  }
});

test('a path with space that was predicted is taken as it is, whichever comes first', () => {
  const both = ['in/1.jpg', 'in/1.jpg '];
  for (const paths of [both, both.toReversed()]) {
    const found = match('f,l\n"1.jpg ",a\n', paths);
    assert.deepEqual([found.evaluated, found.trimmedPaths], [1, 0]);
    assert.equal(found.predictions.evaluated, 1);
    assert.deepEqual(found.listed, [['predictions', 'in/1.jpg', 'no_label']]);
  }
});

test('a label of the path without space keeps it', () => {
  const found = match('f,l\n1.jpg,a\n"1.jpg ",b\n', ['1.jpg']);
  assert.deepEqual([found.evaluated, found.trimmedPaths], [1, 0]);
  assert.deepEqual(found.listed, [['labels', '1.jpg ', 'no_prediction']]);
});

test('a path without space that is found in two folders is ambiguous', () => {
  const found = match('f,l\n" 1.jpg",a\n', ['x/1.jpg', 'y/1.jpg']);
  assert.equal(found.evaluated, 0);
  assert.equal(found.predictions.ambiguous, 2);
});

test('letters of which a byte is that of a no-break space are no space', () => {
  const found = match('f,l\nvoil\u00e0,a\n', ['voil\u00e0', 'voil\u00c3']);
  assert.deepEqual([found.evaluated, found.trimmedPaths], [1, 0]);
});
