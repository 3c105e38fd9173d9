import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CLASS_NAMES } from '../../../src/classify/labels.js';
import { openPredictions } from '../../../src/outputs/read-predictions.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

/** A file of predictions in a folder of its own, with a record beside it. */
function file(content: string, record?: string): string {
  const folder = path.join(scratch, `${++made}`);
  mkdirSync(folder);
  if (record !== undefined) writeFileSync(path.join(folder, 'run.json'), record);
  const name = path.join(folder, 'predictions');
  writeFileSync(name, content);
  return name;
}

async function read(name: string) {
  const { classNames, batches } = await openPredictions(name);
  const rows: (readonly [string, readonly number[] | undefined])[] = [];
  for await (const batch of batches) {
    for (const { label, probabilities } of batch) rows.push([label, probabilities]);
  }
  return { classNames, rows };
}

test("a CSV file's classes are its columns", async () => {
  const csv = 'path,label,confidence,cool,warm,note\nx,warm,0.8,0.2,0.8,n\ny,cool,1,1,0,\n';
  assert.deepEqual(await read(file(csv)), {
    classNames: ['cool', 'warm'],
    rows: [
      ['warm', [0.2, 0.8]],
      ['cool', [1, 0]],
    ],
  });
});

test("a JSONL file's classes are its keys", async () => {
  const rows = [
    '{"path":"x","label":"warm","confidence":0.8,"cool":0.2,"warm":0.8,"overlaps":0}',
    '{"path":"y","label":"cool","overlaps":1,"warm":0,"cool":1}',
  ];
  assert.deepEqual(await read(file(rows.join('\n'))), {
    classNames: ['cool', 'warm'],
    rows: [
      ['warm', [0.2, 0.8]],
      ['cool', [1, 0]],
    ],
  });
});

test('labels alone have the classes of the record beside them', async () => {
  const record = JSON.stringify({ class_names: ['cool', 'warm'] });
  for (const content of ['x warm\n', 'path,label\nx,warm\n', '{"path":"x","label":"warm"}\n']) {
    const { classNames, rows } = await read(file(content, record));
    assert.deepEqual(classNames, ['cool', 'warm']);
    assert.deepEqual(rows, [['warm', undefined]]);
    await assert.rejects(openPredictions(file(content)), /expected a label of African, .*"warm"/);
  }
});

test('a record that names no classes changes nothing', async () => {
  for (const record of [undefined, '{}', 'null', '{"class_names":', '[1]']) {
    assert.deepEqual((await read(file('x Asian\n', record))).classNames, CLASS_NAMES);
  }
  assert.deepEqual(await read(file('')), { classNames: CLASS_NAMES, rows: [] });
});

test('names of classes that break the rule are refused, whatever they come from', async () => {
  for (const names of [['../x', 'y'], ['a', 'A'], ['label', 'b'], 'a,b', [1, 2], ['one']]) {
    await assert.rejects(
      openPredictions(file('x y\n', JSON.stringify({ class_names: names }))),
      /^UserError: .*run\.json: has class_names of which /,
    );
  }
  const csv = 'path,label,confidence,../x,y\na,y,1,0,1\n';
  await assert.rejects(openPredictions(file(csv)), (error: Error) => {
    assert.match(error.message, /line 2: the columns of classes are "\.\.\/x,y", of which one has/);
    return true;
  });
  const jsonl = '{"path":"x","label":"a","a\\u001b[31m":0.5,"b":0.5}\n';
  await assert.rejects(openPredictions(file(jsonl)), (error: Error) => {
    assert.match(error.message, /^\P{Cc}+$/u);
    assert.match(error.message, /the columns of classes are "a\\u001b\[31m,b"/);
    return true;
  });
});

test('a class that a line lacks, and a column that is there twice, are malformed', async () => {
  const lacking = '{"path":"x","label":"a","a":1,"b":0}\n{"path":"y","label":"a","a":1}\n';
  await assert.rejects(read(file(lacking)), /line 2: expected a probability .* for b/);
  const twice = 'path,label,a,b,a\nx,a,0,0.5,0.5\n';
  await assert.rejects(read(file(twice)), /line 1: the column a is there twice/);
});

test('columns beside the four are no classes, whatever the first row has in them', async () => {
  const header = 'path,label,confidence,African,Asian,Caucasian,Indian,is_child,age';
  const values = ['0.9,0.9,0.05,0.03,0.02,0,0', '0.9,0.05,0.9,0.03,0.02,1,31'];
  for (const rows of [values, values.toReversed()]) {
    const csv = [header, ...rows.map((row) => `x,Asian,${row}`), ''].join('\n');
    const { classNames, rows: found } = await read(file(csv));
    assert.deepEqual(classNames, CLASS_NAMES);
    assert.deepEqual(
      found.map(([, probabilities]) => probabilities?.length),
      [4, 4],
    );
  }
  const jsonl =
    '{"path":"x","label":"Asian","African":0,"Asian":1,"Caucasian":0,"Indian":0,"is_child":0}';
  assert.deepEqual((await read(file(jsonl))).classNames, CLASS_NAMES);
});
