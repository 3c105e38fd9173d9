import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { parsePathLine, pathText } from '../../../src/files/paths.js';
import { csvRecord, csvText } from '../../../src/files/text/csv.js';

const FORMULAS = ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'];

/** The cells of one record, by another reader. */
const cells = (record: string): string[] =>
  parse(record, { record_delimiter: '\r\n', relax_column_count: true })[0];

test('a cell that a spreadsheet would run begins with a double quote instead, and reads back', () => {
  for (const text of FORMULAS) {
    const [cell] = cells(csvRecord([text, 'x']));
    assert.match(cell, /^"/, text);
    assert.equal(csvText(cell), text);
    // As a path, which is quoted in the same form.
    assert.equal(parsePathLine(cell).toString(), text);
  }
});

test('a path that is quoted for another reason is not quoted again', () => {
  for (const path of [Buffer.from('"=a"'), Buffer.from([0x3d, 0xff])]) {
    const [cell] = cells(csvRecord([pathText(path)]));
    assert.ok(parsePathLine(cell).equals(path));
  }
});

test('a record that is read and written again stays the same', () => {
  const record = csvRecord([...FORMULAS, '"=1', 'a,b', -0.5]);
  assert.equal(csvRecord(cells(record)), record);
});

test('numbers stay numbers, and other text stays as it is', () => {
  assert.equal(csvRecord([-0.5, '-0.5', '+1', '-1e-7', '']), '-0.5,-0.5,+1,-1e-7,\r\n');
  assert.equal(csvRecord(['a=b', "'", '.', '人脸']), "a=b,',.,人脸\r\n");
  for (const text of ['"', '"=', '"=a\\"', '"a"', '=a', '']) assert.equal(csvText(text), text);
});
