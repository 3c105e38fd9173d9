import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCsvRecords } from '../../../src/files/text/csv-records.js';

const parse = (csv: string) => {
  const { records, emptyRecords } = parseCsvRecords(Buffer.from(csv), 'l.csv');
  return { records: records.map(({ fields, line }) => [...fields, line]), emptyRecords };
};

test('rows of empty fields and empty lines are passed over, and lines stay those of the file', () => {
  assert.deepEqual(parse('f,l,x\n\n1,a,b\n,,\n , ,\r\n2,c,d\n,,\n\n'), {
    records: [
      ['f', 'l', 'x', 1],
      ['1', 'a', 'b', 3],
      ['2', 'c', 'd', 6],
    ],
    emptyRecords: 3,
  });
});

test('a first line names what stands between fields', () => {
  const rows = [
    ['f', 'l', 2],
    ['1,5', 'a', 3],
  ];
  for (const start of ['sep=;\n', 'sep=;\r\n', '\ufeffsep=;\r\n', '"sep=;"\n', 'SEP=;\n']) {
    assert.deepEqual(parse(`${start}f;l\n1,5;a\n`).records, rows, start);
  }
  assert.deepEqual(parse('sep=,\r\nf,l\r\n"1,5",a\r\n').records, rows);
  assert.deepEqual(parse('sep=\t\nf\tl\n1,5\ta\n').records, rows);
  assert.deepEqual(parse('sep=,x\nf,l\n').records[0], ['sep=', 'x', 1]);
});

test('a malformed row is named by its line in the file', () => {
  for (const [csv, pattern] of [
    ['sep=;\nf;l\n1;a\n\n2\n', /l\.csv, line 5: has another number of fields than the header/],
    ['f,l\n,\n1,"a\n', /l\.csv, line 3: a double quote is not closed/],
  ] as const) {
    assert.throws(() => parse(csv), pattern);
  }
});

test('line ends of CR alone are refused with the remedy', () => {
  for (const csv of [
    'f,l\r1,a\r',
    'f,l\r1,a\n',
    'f\r',
    'sep=;\rf;l\r1;a\r',
    '\ufefff,"l"\r1,a\r',
  ]) {
    assert.throws(
      () => parse(csv),
      /^UserError: l\.csv: its lines end with CR alone; save it with LF or CR LF as line ends$/,
      csv,
    );
  }
  assert.deepEqual(parse('f,"l\rm"\r\n1,"a\rb"\n').records[1].slice(0, 2), ['1', 'a\rb']);
});

test('text in another encoding than UTF-8 is refused with its line', () => {
  const refused = (csv: Buffer) => () => parseCsvRecords(csv, 'l.csv');
  const latin = Buffer.from('f,l\n1,a\n2,caf\xe9\n3,b\n', 'latin1');
  assert.throws(
    refused(latin),
    /^UserError: l\.csv, line 3: is not UTF-8 text; save the file as UTF-8$/,
  );
  assert.throws(refused(Buffer.from('caf\xe9', 'latin1')), /l\.csv, line 1: is not UTF-8/);
  assert.equal(parse('f,l\n1,café\n').records.length, 2);
});
