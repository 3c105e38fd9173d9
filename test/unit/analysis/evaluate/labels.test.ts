import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LabelColumns, parseLabels } from '../../../../src/analysis/evaluate/labels/labels.js';
import { UserError } from '../../../../src/files/errors.js';

const CLASSES = ['African', 'Asian'];
const parse = (csv: string, columns: Partial<LabelColumns> = {}) =>
  parseLabels(Buffer.from(csv), 'l.csv', { groups: [], ...columns }, CLASSES);
const rows = (csv: string, columns: Partial<LabelColumns> = {}) =>
  parse(csv, columns).rows.map(({ path, label, groups, line }) => [
    ...[path.toString(), label, ...groups, line],
  ]);

test('the first column, and `label` or the second, are taken by default', () => {
  assert.deepEqual(rows('file,label\nx.jpg,Asian\n'), [['x.jpg', 'Asian', 2]]);
  assert.deepEqual(rows('file,race,label\nx.jpg,Black,African'), [['x.jpg', 'African', 2]]);
  assert.deepEqual(rows('file,race,age\nx.jpg,African,3'), [['x.jpg', 'African', 2]]);
});

test('columns are chosen by name', () => {
  const csv = 'id,label,truth,image,sex\n7,Asian,African,x.jpg,Male\n';
  const columns = { path: 'image', label: 'truth', groups: ['sex', 'id'] };
  assert.deepEqual(rows(csv, columns), [['x.jpg', 'African', 'Male', '7', 2]]);
});

test('a byte order mark, CRLF, empty lines, quotes and a newline in a path are read', () => {
  const csv = '\ufefffile,label\r\n"a, ""b"".jpg",Asian\r\n"new\nline.jpg",African\r\n\r\nz,Asian';
  assert.deepEqual(
    parse(csv).rows.map(({ path }) => path.toString()),
    ['a, "b".jpg', 'new\nline.jpg', 'z'],
  );
  assert.equal(rows(csv)[1][2], 3);
});

test('spaces around labels and names of columns do not count, those of paths do', () => {
  const csv = 'file, sex, label\n x.jpg , Male, Middle Eastern \n';
  assert.deepEqual(rows(csv), [[' x.jpg ', 'Middle Eastern', 2]]);
});

test('a file that is no UTF-8 text is refused with a remedy', () => {
  const csv = Buffer.from('path,label\nx,Asian\n', 'utf16le');
  const mark = Buffer.from([0xff, 0xfe]);
  for (const [bytes, message] of [
    [csv, 'l.csv: is UTF-16 text; save it as UTF-8'],
    [Buffer.concat([mark, csv]), 'l.csv: is UTF-16 text; save it as UTF-8'],
    [Buffer.concat([mark, csv]).swap16(), 'l.csv: is UTF-16 text; save it as UTF-8'],
    [
      Buffer.from('PK\x03\x04\x14\x00\x06\x00'),
      'l.csv: is not text; expected a CSV file with a header, `path,label`, and one image a row',
    ],
  ] as const) {
    assert.throws(
      () => parseLabels(bytes, 'l.csv', { groups: [] }, CLASSES),
      (error) => error instanceof UserError && error.message === message,
    );
  }
});

test('a path quoted as facecls writes it gives back bytes that are no UTF-8', () => {
  const [{ path }] = parse('file,label\n"""\\xff.jpg""",Asian\n').rows;
  assert.deepEqual(path, Buffer.concat([Buffer.from([0xff]), Buffer.from('.jpg')]));
});

for (const [why, csv, columns, pattern] of [
  ['an empty file', '', {}, /l\.csv: is empty/],
  ['one column', 'file;label\nx;Asian\n', {}, /one column, "file;label".*commas/],
  ['no rows', 'file,label\n', {}, /no row below its header/],
  ['no header', 'x.jpg,African\ny.jpg,Asian\n', {}, /first line is a row, not a header/],
  [
    'a missing column',
    'file,label\nx,y\n',
    { label: 'race' },
    /--label_column race: .* file, label/,
  ],
  [
    'a missing group',
    'file,label\nx,y\n',
    { groups: ['sex'] },
    /--group_column sex: .* file, label/,
  ],
  ['a column twice', 'file,label,label\nx,y,z\n', {}, /label: twice in l\.csv/],
  ['one column for both', 'file,label\nx,y\n', { path: 'label' }, /are both column label/],
  ['a ragged row', 'file,label\nx,Asian\ny\n', {}, /l\.csv, line 3: has another number of fields/],
  ['an open quote', 'file,label\nx,"Asian\ny,Asian\n', {}, /l\.csv, line 2: a double quote/],
  ['an empty path', 'file,label\n,Asian\n', {}, /l\.csv, line 2: has no path/],
  ['broken path quoting', 'file,label\n"""x",Asian\n', {}, /l\.csv, line 2: not a complete quoted/],
] as const) {
  test(`${why} is wrong usage`, () => {
    assert.throws(
      () => parse(csv, columns),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, pattern);
        return true;
      },
    );
  });
}
