import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { LabelMeanings } from '../../../../src/analysis/evaluate/labels/label-map.js';
import { readLabelMap } from '../../../../src/analysis/evaluate/labels/read-label-map.js';
import { CLASS_NAMES } from '../../../../src/classify/labels.js';
import { temporaryFolder } from '../../../support/cli.js';

const folder = temporaryFolder();

/** The class that a label stands for, or why there is none. */
async function meaning(map: string | undefined, classNames: readonly string[] = CLASS_NAMES) {
  const mappings = map === undefined ? [] : await readLabelMap(map);
  const meanings = new LabelMeanings(classNames, mappings);
  const of = (label: string) => {
    const found = meanings.of(label);
    return found.kind === 'class' ? classNames[found.index] : found.kind;
  };
  return { of, record: meanings.record };
}

function file(content: string): string {
  const name = path.join(folder, 'map.csv');
  writeFileSync(name, content);
  return name;
}

test('without a map labels are classes, whatever their case and the space around them', async () => {
  const { of, record } = await meaning(undefined);
  assert.deepEqual(['Asian', 'asian', ' INDIAN\t', 'White', '', '  '].map(of), [
    ...['Asian', 'Asian', 'Indian', 'unknown_label', 'empty_label', 'empty_label'],
  ]);
  assert.equal(record, null);
});

test('pairs map labels to classes, and to nothing on purpose', async () => {
  const { of, record } = await meaning('White = caucasian,Black=African,Middle Eastern=,Indian=');
  assert.deepEqual(['white ', 'Black', 'middle eastern', 'Indian', 'Asian', 'Latino'].map(of), [
    ...['Caucasian', 'African', 'left_out', 'left_out', 'Asian', 'unknown_label'],
  ]);
  assert.deepEqual(record, {
    White: 'Caucasian',
    Black: 'African',
    'Middle Eastern': null,
    Indian: null,
  });
});

test('classes are those of the predictions, any number of them', async () => {
  const { of } = await meaning('warm=Warm+1', ['Warm+1', 'cool_2', 'other']);
  assert.deepEqual(['Warm', 'warm+1', 'COOL_2', 'Asian'].map(of), [
    ...['Warm+1', 'Warm+1', 'cool_2', 'unknown_label'],
  ]);
  await assert.rejects(
    meaning('fairface', ['Warm+1', 'cool_2']),
    /--label_map fairface: "Caucasian" is no class; expected one of Warm\+1, cool_2/,
  );
});

test('fairface maps its seven groups', async () => {
  const { of } = await meaning('fairface');
  const groups = ['White', 'Black', 'East Asian', 'Southeast Asian', 'Indian'];
  assert.deepEqual(groups.map(of), ['Caucasian', 'African', 'Asian', 'Asian', 'Indian']);
  assert.deepEqual(['Middle Eastern', 'Latino_Hispanic'].map(of), ['left_out', 'left_out']);
});

test('a file of two columns maps labels that have commas and equals signs, with or without a header', async () => {
  const rows = '"Asian, East",Asian\n"a=b",Indian\nOther,\n';
  for (const content of [
    rows,
    `Label,class\n${rows}`,
    `\ufeffsep=;\n${rows.replace(/(",|r,)/g, (end) => `${end[0]};`)}`,
  ]) {
    const { of } = await meaning(file(content));
    assert.deepEqual(['asian, east', 'A=B', 'other'].map(of), ['Asian', 'Indian', 'left_out']);
  }
});

for (const [why, map, pattern] of [
  [
    'a pair without a sign',
    'White=Caucasian,Black',
    /--label_map: "Black" is no LABEL=CLASS; give/,
  ],
  ['a pair of three', 'a=b=c', /--label_map: "a=b=c" is no LABEL=CLASS/],
  ['what is no class', 'White=European', /"European" is no class; expected one of African, Asian/],
  ['no label', '=Asian', /--label_map: Asian has no label/],
  ['a label twice', 'White=Asian,white=Indian', /"white" is mapped twice, differently/],
  ['a missing file', 'none.csv', /--label_map none\.csv: no such file.*; give LABEL=CLASS/],
] as const) {
  test(`${why} is wrong usage`, async () => {
    await assert.rejects(meaning(map), pattern);
  });
}

test('a file is refused with the line', async () => {
  await assert.rejects(
    meaning(file('a,Asian\nb,class\n')),
    /map\.csv, line 2: "class" is no class/,
  );
  await assert.rejects(meaning(file('a,Asian,x\n')), /map\.csv: has 3 columns; give/);
  await assert.rejects(meaning(file('')), /map\.csv: is empty; give/);
});
