/** Which group paths are of. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openGrouping } from '../../../../src/analysis/results/grouping.js';
import { temporaryFolder } from '../../../support/cli.js';

const folder = temporaryFolder();
const file = path.join(folder, 'table.csv');
const NONE = Buffer.alloc(0);
const INPUT = Buffer.from('photographs/');

async function groupsOf(rows: readonly string[], paths: readonly string[], input = INPUT) {
  writeFileSync(file, `file,set\n${rows.join('\n')}\n`);
  const grouping = await openGrouping('set', file);
  const of = grouping.of('predictions', input);
  return paths.map((one) => of(Buffer.from(one)));
}

test('folder groups begin below the input folder, whose own photographs are in one', async () => {
  const { of } = await openGrouping('folder', undefined);
  const groupOf = of('predictions', INPUT);
  const paths = ['photographs/a/b/1.jpg#0', 'photographs/1.jpg', 'elsewhere/1.jpg'];
  assert.deepEqual(
    paths.map((one) => groupOf(Buffer.from(one))),
    ['a/b', '.', 'elsewhere'],
  );
  assert.equal(of('predictions', NONE)(Buffer.from('/1.jpg')), '/');
});

test('rows are found for photographs, faces and crops, the longest first', async () => {
  const rows = ['1.jpg,short', 'a/2.jpg,x', 'b/2.jpg,y'];
  const paths = ['photographs/a/1.jpg#3', 'crops/a/2.jpg_0.jpg', 'photographs/b/2.jpg', 'c/2.jpg'];
  assert.deepEqual(await groupsOf(rows, paths), ['short', 'x', 'y', null]);
});

test('a row that is of two photographs is refused with both', async () => {
  const paths = ['photographs/a/1.jpg#0', 'photographs/a/1.jpg#1', 'photographs/b/1.jpg#0'];
  await assert.rejects(
    groupsOf(['1.jpg,x'], paths),
    /line 2: is of two photographs, a\/1\.jpg and b\/1\.jpg/,
  );
});

test('rows of one path that differ, a column that is not there and one option alone are refused', async () => {
  await assert.rejects(groupsOf(['1.jpg,x', '1.jpg,y'], []), /lines 2 and 3 differ/);
  await assert.rejects(openGrouping('other', file), /--group_by other: no such column/);
  await assert.rejects(openGrouping('set', undefined), /is a column of --attributes/);
  await assert.rejects(openGrouping(undefined, file), /name one with --group_by/);
});
