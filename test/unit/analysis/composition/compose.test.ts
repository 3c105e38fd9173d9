import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompositionCounts } from '../../../../src/analysis/composition/counts.js';
import { compositionTable } from '../../../../src/analysis/composition/table.js';
import { estimateText, summaryLine } from '../../../../src/analysis/composition/words.js';
import { wilsonInterval } from '../../../../src/analysis/wilson.js';
import { UserError } from '../../../../src/files/errors.js';
import { assertNear } from '../../../support/near.js';
import { CLASS_NAMES, exampleCounts, exampleRecord, HOSTILE } from './example.js';

test('the record counts faces and photographs, in all and by group, the largest first', () => {
  const record = exampleRecord();
  assert.equal(record.n, 2025);
  assert.deepEqual(
    record.groups.map(({ group, n }) => [group, n]),
    [
      [null, 2025],
      ['train', 1740],
      ['validation', 200],
      [HOSTILE, 85],
    ],
  );
  const [whole, ...groups] = record.groups;
  for (const name of CLASS_NAMES) {
    const sum = groups.reduce((total, { classes }) => total + classes[name].n, 0);
    assert.equal(whole.classes[name].n, sum);
  }
  assert.deepEqual(record.photographs, {
    ...{ seen: 2249, with_face: 2025, no_face: 224, unreadable: 0 },
  });
  assert.equal(groups[0].no_face, 193);
  assert.equal(
    whole.confidences!.reduce((sum, n) => sum + n, 0),
    2025,
  );
});

test('raw shares have the interval of Wilson, also where no face has the label', () => {
  const [, , , hostile] = exampleRecord().groups;
  const [share, low, high] = hostile.classes.Indian.raw!;
  assert.deepEqual([share, low], [0, 0]);
  assertNear(high, wilsonInterval(0, 85)![1], 1e-6, 'high');
  const [missed, ...interval] = hostile.missed!;
  assertNear(missed, 9 / 94, 1e-6, 'missed');
  assertNear(interval[1], wilsonInterval(9, 94)![1], 1e-6, 'missed, high');
});

test('corrected shares of a group do not depend on the other groups', () => {
  const alone = exampleRecord({ counts: exampleCounts({ validation: [60, 40, 70, 30] }) });
  const together = exampleRecord().groups[2];
  assert.deepEqual(alone.groups[1].classes, together.classes);
});

test('without known errors shares are raw, and the reason stands in the record', () => {
  const record = exampleRecord({ errors: { kind: 'unknown', reason: 'no file was given' } });
  assert.equal(record.known_errors, null);
  assert.equal(record.not_corrected, 'no file was given');
  assert.equal(record.notes[0], 'Shares are not corrected: no file was given.');
  for (const { classes } of record.groups) {
    for (const name of CLASS_NAMES) assert.equal(classes[name].corrected, null);
  }
});

test('without a manifest photographs are null, and the notes say so', () => {
  const record = exampleRecord({ photographsKnown: false });
  assert.equal(record.photographs, null);
  assert.deepEqual([record.groups[1].no_face, record.groups[1].missed], [null, null]);
  assert.ok(record.notes.some((note) => note.includes('there is no manifest')));
});

test('zero rows give a record without shares', () => {
  const record = exampleRecord({ counts: new CompositionCounts(CLASS_NAMES) });
  assert.equal(record.n, 0);
  assert.deepEqual(record.groups[0].classes.Asian, { n: 0, raw: null, corrected: null });
  assert.equal(record.groups[0].missed, null);
  assert.equal(summaryLine(record), 'African –, Asian –, Caucasian –, Indian –');
});

test('the notes say the assumption, its sample, and another way of cutting', () => {
  const [assumption, ...same] = exampleRecord().notes;
  assert.match(assumption, /as it did on 3,623 faces with known labels \(a labelled sample\)/);
  assert.ok(!same.some((note) => note.includes('cut out')));
  const other = exampleRecord({ cutting: { detector: 'ssd' } }).notes[1];
  assert.match(other, /detector ssd here, mtcnn there; min_face_size not set here, 20 there/);
  assert.match(exampleRecord({ cutting: null }).notes[1], /of the predictions .* not recorded/);
});

test('faces left out and without a group are counted and said', () => {
  const counts = exampleCounts({ a: [5, 0, 0, 0] });
  counts.addFace({ label: 1, confidence: null, group: null });
  counts.addFace({ label: 1, confidence: 1, group: '' });
  counts.addPhotograph({ outcome: 'unreadable', group: null });
  counts.leaveOut('overlapping');
  counts.leaveOut('further_face');
  const record = exampleRecord({ counts });
  assert.deepEqual(record.left_out, { overlapping: 1, further_face: 1, repeated: 0 });
  assert.deepEqual(record.ungrouped, { faces: 2, photographs: 1 });
  assert.equal(record.n, 7);
  assert.equal(record.groups.length, 2);
  for (const said of [/1 face that overlap/, /1 face besides/, /2 faces and 1 photograph/]) {
    assert.ok(
      record.notes.some((note) => said.test(note)),
      String(said),
    );
  }
});

test('more groups than make sense are refused', () => {
  const counts = new CompositionCounts(CLASS_NAMES);
  const add = (k: number) => counts.addFace({ label: 0, confidence: null, group: `${k}` });
  for (let k = 0; k < 100_000; k++) add(k);
  add(5);
  assert.throws(() => add(100_000), UserError);
});

test('a known detection is in the record with its interval', () => {
  const { detection } = exampleRecord();
  assert.equal(detection?.African?.[0], 0.9);
  assert.equal(detection?.Indian, null);
});

test('the table has a line a class and group', () => {
  const lines = [...compositionTable(exampleRecord())];
  assert.equal(lines.length, 1 + 4 * 4);
  assert.equal(
    lines[0],
    'group,class,n,raw,raw_low,raw_high,corrected,corrected_low,corrected_high\r\n',
  );
  const { raw, corrected } = exampleRecord().groups[1].classes.Asian;
  assert.equal(lines[6], `train,Asian,410,${raw},${corrected}\r\n`);
  const unknown = exampleRecord({ errors: { kind: 'unknown', reason: 'none' } });
  assert.match([...compositionTable(unknown)][1], /^,African,600,[\d.]+,[\d.]+,[\d.]+,,,\r\n$/);
});

test('estimates are short: whole percents, with a decimal where they are small', () => {
  assert.equal(estimateText([0.2412, 0.2214, 0.2601]), '24 % (22-26)');
  assert.equal(estimateText([0.0412, 0.0349, 0.0491]), '4.1 % (3.5-4.9)');
  assert.equal(estimateText(null), '–');
  assert.match(summaryLine(exampleRecord()), /^African \d+ % \(\d+-\d+\), Asian \d+ % /);
});

test('an interval from 0 to 0 is explained', () => {
  const says = (labels: number[]) =>
    exampleRecord({ counts: exampleCounts({ a: labels }) }).notes.some((note) =>
      note.includes('It does not prove'),
    );
  assert.ok(says([300, 900, 75, 0]));
  assert.ok(!says([300, 300, 300, 300]));
});
