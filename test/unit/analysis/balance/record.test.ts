import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { balancedList, balancedTable, listNames } from '../../../../src/analysis/balance/lists.js';
import {
  type BalanceInput,
  balanceRecord,
  takenByClass,
} from '../../../../src/analysis/balance/record.js';
import { balanceSummary } from '../../../../src/analysis/balance/words.js';
import { Correction } from '../../../../src/analysis/composition/correction.js';
import { knownErrors } from '../composition/known.js';
import { drawn, OPTIONS, rows } from './rows.js';

const FACES = rows(1000);
const CONFUSION = [
  [90, 6, 4],
  [5, 90, 5],
  [6, 4, 90],
];
const CORRECTION = { interval: 0.95, samples: 300, seed: 0, byDetection: false };

function record(changes: Partial<BalanceInput> = {}, how: Partial<typeof OPTIONS> = {}) {
  const { cells, draw } = drawn(FACES, 100, how);
  const known = knownErrors({
    class_names: OPTIONS.classNames,
    confusion: CONFUSION,
    confusion_by_confidence: [
      {
        from: 0,
        to: 0.5,
        confusion: CONFUSION.map((row) => row.map((n) => n / 2 - ((n / 2) % 1))),
      },
      {
        from: 0.5,
        to: 1,
        confusion: CONFUSION.map((row) => row.map((n) => n - Math.floor(n / 2))),
      },
    ],
  });
  return balanceRecord({
    version: '0.0.0',
    options: { ...OPTIONS, ...how },
    perClass: 100,
    rarest: null,
    cells,
    totals: draw.totals,
    labels: draw.labelCounts(),
    errors: { kind: 'known', correction: new Correction(known, CORRECTION) },
    ...{ overlapping: 0, repeated: 0, groupBy: null, copied: null, warnings: [] },
    ...changes,
  });
}

test('the record counts what is available, taken and missing, a class at a time', () => {
  const { cells, taken, shortfall, faces } = record();
  const count = (label: number) => FACES.filter((face) => face.label === label).length;
  assert.deepEqual(
    cells.map((cell) => [cell.class, cell.available, cell.taken, cell.shortfall]),
    [
      ['A', count(0), 100, 0],
      ['B', count(1), 100, 0],
      ['C', count(2), count(2), 100 - count(2)],
    ],
  );
  assert.deepEqual([faces, taken, shortfall], [1000, 200 + count(2), 100 - count(2)]);
  // The rare class: most of its labels are errors on the others.
  assert.ok(cells[2].expected_purity![0] < cells[0].expected_purity![0]);
});

test('a threshold between two bounds is said', () => {
  const { purity_from, notes, below_confidence } = record({}, { minConfidence: 0.55 });
  assert.equal(purity_from, 0.5);
  assert.ok(below_confidence > 0);
  assert.ok(notes.some((note) => note.includes('from the confidence 0.5 on')));
  assert.ok(notes.some((note) => note.endsWith('below the confidence 0.55.')));
});

test('without known errors purities are null, and the reason is said', () => {
  const { cells, notes, purity_from } = record({ errors: { kind: 'unknown', reason: 'no file' } });
  assert.ok(cells.every(({ expected_purity }) => expected_purity === null));
  assert.equal(purity_from, null);
  assert.ok(notes.includes('The purity is not known: no file.'));
});

test('groups have cells, and purities, of their own', () => {
  const { cells } = record({ rarest: { label: 2, group: 'south' } }, { isGrouped: true });
  assert.deepEqual(
    cells.map(({ group, class: name }) => `${group} ${name}`),
    ['north A', 'north B', 'north C', 'south A', 'south B', 'south C'],
  );
  const [north, , , south] = cells;
  assert.notDeepEqual(north.expected_purity, south.expected_purity);
});

test('the summary names each class with its purity and shortfall', () => {
  const summary = balanceSummary(takenByClass(record()));
  assert.match(
    summary,
    /^A 100, purity \d+ % \(\d+-\d+\); B 100, purity .*; C \d+, purity .*, shortfall \d+$/,
  );
  const grouped = balanceSummary(takenByClass(record({}, { isGrouped: true })));
  assert.ok(!grouped.includes('purity'), grouped);
});

test('another reader gets back the table, and the lists have the paths of a class', () => {
  const hostile = { ...FACES[0], path: Buffer.from('a "b", c\n.jpg'), label: 1, group: 'x,y' };
  const bytes = { ...FACES[1], path: Buffer.from([0x61, 0xff]), label: 1, confidence: null };
  const { cells } = drawn([hostile, bytes], 5, { isGrouped: true });
  const table = parse([...balancedTable(cells, OPTIONS.classNames)].join(''), { columns: true });
  assert.deepEqual(table.map((row) => Object.values(row as object)).sort(), [
    ['"a\\xff"', 'B', '', bytes.group],
    ['a "b", c\n.jpg', 'B', hostile.confidence!.toFixed(6), 'x,y'],
  ]);
  assert.deepEqual([...balancedList(cells, 1)].sort(), ['"a \\"b\\", c\\n.jpg"\n', '"a\\xff"\n']);
  assert.deepEqual([...balancedList(cells, 0)], []);
});

test('lists have names that lead nowhere else, each its own', () => {
  assert.deepEqual(listNames(['African', '../x', 'a/b', 'a\\b', 'Östlich 2']), [
    'balanced-African.txt',
    'balanced-.._x.txt',
    'balanced-a_b-2.txt',
    'balanced-a_b-3.txt',
    'balanced-Östlich 2.txt',
  ]);
});

test('a list of labels that no labelled face has is said to have no known purity', () => {
  const never = [
    [90, 10, 0],
    [10, 90, 0],
    [50, 40, 10],
  ];
  const none = never.map((row) => row.map(() => 0));
  const known = knownErrors({
    class_names: OPTIONS.classNames,
    confusion: never,
    confusion_by_confidence: [
      { from: 0, to: 0.5, confusion: never },
      { from: 0.5, to: 1, confusion: none },
    ],
  });
  const correction = new Correction(known, CORRECTION);
  const { cells, notes } = record(
    { errors: { kind: 'known', correction } },
    { minConfidence: 0.5 },
  );
  assert.ok(cells.every(({ expected_purity }) => expected_purity === null));
  assert.ok(notes.some((note) => note.includes('of some lists is not known')));
});
