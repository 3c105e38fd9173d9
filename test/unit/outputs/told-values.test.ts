/** What messages tell of values in files of predictions. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openPredictions } from '../../../src/outputs/read-predictions.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

/** The message that a file is refused with, from its line on. */
async function refused(content: string): Promise<string> {
  const name = path.join(scratch, `file${++made}`);
  writeFileSync(name, content);
  const error = await (async () => {
    for await (const _ of (await openPredictions(name)).batches);
  })().catch((caught: unknown) => caught);
  assert.ok(error instanceof Error && error.name === 'UserError', `${content}: ${error}`);
  assert.ok(error.message.startsWith(`${name}, `), error.message);
  return error.message.slice(name.length + 2);
}

const HEADER = 'path,label,confidence,African,Asian,Caucasian,Indian';
const ROW = 'a,African,1,1,0,0,0';

test('a value of CSV that is no probability is shown as it stands in the file', async () => {
  for (const [value, told] of [
    ['NaN', '"NaN"'],
    ['', '""'],
    [' ', '" "'],
    ['one', '"one"'],
    ['"0,5"', '"0,5"'],
    ['1.50', '"1.50"'],
    ['-0.1', '"-0.1"'],
    ['1e999', '"1e999"'],
  ] as const) {
    assert.match(
      await refused(`${HEADER}\n${ROW}\nb,African,1,1,${value},0,0\n`),
      new RegExp(
        `^line 3: expected a probability from 0 to 1 for Asian, received ${told}; correct`,
      ),
    );
  }
  assert.match(
    await refused(`${HEADER},overlaps\n${ROW},\nb,African,1,1,0,0,0,first\n`),
    /^line 3: expected the number of a face, from 0, or nothing as overlaps, received "first";/,
  );
});

test('a value of JSONL that is no probability is shown as JSON has it', async () => {
  const line = (asian: unknown) =>
    JSON.stringify({
      path: 'a',
      label: 'African',
      African: 1,
      Asian: asian,
      Caucasian: 0,
      Indian: 0,
    });
  for (const [value, told] of [
    ['0.5', '"0.5"'],
    [null, 'null'],
    [1.5, '1.5'],
    [[0], '\\[0\\]'],
  ] as const) {
    assert.match(
      await refused(`${line(0)}\n${line(value)}\n`),
      new RegExp(
        `^line 2: expected a probability from 0 to 1 for Asian, received ${told}; correct`,
      ),
    );
  }
  assert.match(
    await refused(`${line(0)}\n${line(undefined)}\n`),
    /^line 2: expected a probability from 0 to 1 for Asian, which is missing; correct the line/,
  );
  assert.match(
    await refused('{"path":"a","label":"Asian","overlaps":"first"}\n'),
    /^line 1: .* as overlaps, received "first";/,
  );
});

test('classes without a column are told of the header', async () => {
  for (const [columns, told] of [
    ['African,Asian,Indian', 'no column Caucasian'],
    ['Asian', 'no columns African, Caucasian, Indian'],
  ] as const) {
    const values = columns.replace(/\w+/g, '0.5');
    assert.match(
      await refused(`\npath,label,${columns}\na,Asian,${values}\n`),
      new RegExp(`^line 2: has ${told} beside those of other classes; correct the header, or give`),
    );
  }
});

test('a label whose column is of no class is told of the sum of the first row', async () => {
  const expected =
    /^line 2: the label "cat" is of no class, for the values of cat, dog add up to 0\.9 in line 2, and those of classes to 1 \(within 0\.001\); correct the line, or give/;
  assert.match(
    await refused('path,label,confidence,cat,dog,note\nx,cat,0.8,0.8,0.1,n\n'),
    expected,
  );
  const jsonl = '{"path":"x","label":"African"}\n{"path":"y","label":"cat","cat":1,"dog":0}\n';
  assert.match(await refused(jsonl), /^line 2: expected a label of African, .*, received "cat"/);
  assert.match(await refused('\n{"path":"x","label":"cat","cat":0.8,"dog":0.1}\n'), expected);
  assert.match(
    await refused('path,label,cat,dog\nx,Asian,0.8,0.1\ny,cat,0.9,0.1\n'),
    /^line 3: the label "cat" is of no class, for the values of cat, dog add up to 0\.9 in line 2,/,
  );
  assert.match(
    await refused('path,label,cat,dog\nx,cat,0.8,none\n'),
    /^line 2: the label "cat" is of no class, for the values of cat add up to 0\.8 in line 2,/,
  );
  // A column that is not meant says nothing.
  assert.match(
    await refused('path,label,blur,pose\nx,asian,0.8,0.1\n'),
    /^line 2: expected a label of African, Asian, Caucasian, Indian, received "asian";/,
  );
  const six = 'path,label,African,Asian,Caucasian,Indian,White,Latino';
  assert.match(
    await refused(`${six}\nx,White,0.1,0,0,0,0.7,0.1\n`),
    /^line 2: the label "White" is of no class, for the values of African, .*, Latino add up to 0\.9 /,
  );
  assert.match(
    await refused(`${six}\nx,African,1,0,0,0,0,0\ny,White,0,0,0,0,1,0\n`),
    /^line 3: expected a label of African, .* told by the run\.json .*, received "White";/,
  );
});
