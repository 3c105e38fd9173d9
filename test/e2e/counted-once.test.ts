/** What `composition` and `balance` make of faces predicted twice, and of what nobody knows. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const cwd = temporaryFolder();
const HEADER = 'path,label,confidence,African,Asian,Caucasian,Indian';
const ROWS = [
  'a/1.jpg,African,0.9,0.9,0.05,0.03,0.02',
  'b/2.jpg,Asian,0.8,0.1,0.8,0.05,0.05',
  'b/3.jpg,Caucasian,0.7,0.1,0.1,0.7,0.1',
  'c/4.jpg,Indian,0.6,0.1,0.2,0.1,0.6',
];
const AGAIN = 'a/1.jpg,African,0.9,0.9,0.05,0.03,0.02';
const OTHERWISE = 'a/1.jpg,Asian,0.8,0.1,0.8,0.05,0.05';

function write(name: string, ...lines: string[]): string {
  writeFileSync(path.join(cwd, name), `${lines.join('\n')}\n`);
  return name;
}

async function record(line: string) {
  const { code, stdout, stderr } = await facecls([...line.split(' '), '--json'], { cwd });
  assert.equal(code, 0, stderr);
  return { record: JSON.parse(stdout), stderr };
}

test('a face predicted twice alike counts once, and is told', async () => {
  const file = write('twice.csv', HEADER, ...ROWS, AGAIN, AGAIN);
  const whole = await record(`composition --predictions ${file} --output_dir composition`);
  assert.equal(whole.record.n, 4);
  assert.equal(whole.record.left_out.repeated, 2);
  assert.match(whole.stderr, /Passed over: 2 lines with a face that was there before/);
  const drawn = await record(`balance --predictions ${file} --per_class min --output_dir balance`);
  assert.equal(drawn.record.per_class, 1);
  assert.equal(drawn.record.shortfall, 0);
  assert.equal(drawn.record.faces, 4);
  assert.equal(drawn.record.repeated, 2);
  assert.deepEqual(
    drawn.record.cells.map((cell: { available: number }) => cell.available),
    [1, 1, 1, 1],
  );
  const list = readFileSync(path.join(cwd, 'balance/balanced-African.txt'), 'utf8');
  assert.equal(list, 'a/1.jpg\n');
});

test('a face predicted twice, differently, is refused with its line', async () => {
  const file = write('differs.csv', HEADER, ...ROWS, OTHERWISE);
  for (const command of ['composition', 'balance --per_class 1']) {
    const line = `${command} --predictions ${file} --output_dir differs`;
    const { code, stderr } = await facecls(line.split(' '), { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /--predictions: line 6 differs from an earlier one on a\/1\.jpg; give/);
    assert.equal(existsSync(path.join(cwd, 'differs')), false);
  }
});

test('groups that a spreadsheet has turned into dates are no groups, and that is told', async () => {
  const file = write('ages.csv', HEADER, ...ROWS);
  const ages = ['1.jpg,3-9', '2.jpg,03-Sep', '3.jpg,3-9', '4.jpg,Oct-19'];
  const table = write('attributes.csv', 'name,age', ...ages);
  const request = `--predictions ${file} --group_by age --attributes ${table}`;
  const { record: made } = await record(`composition ${request} --output_dir ages`);
  assert.deepEqual(
    made.groups.map(({ group, n }: { group: string; n: number }) => [group, n]),
    [
      [null, 4],
      ['3-9', 2],
    ],
  );
  assert.equal(made.ungrouped.faces, 2);
  const note = /attributes\.csv: 2 rows left out of the groups of age, .*"03-Sep" 1/;
  assert.ok(made.notes.some((each: string) => note.test(each)));
});

test('confidences that no file tells are null', async () => {
  const file = write('pred.txt', 'a/1.jpg African', 'b/2.jpg Asian');
  const { record: made } = await record(`composition --predictions ${file} --output_dir txt`);
  assert.equal(made.groups[0].confidences, null);
});

test('a report of one folder has no groups', async () => {
  const faces = fixture('align/crops/upstream');
  const line = `infer --input_dir ${faces} --output_dir report --report`;
  const { code, stderr } = await facecls(line.split(' '), { cwd });
  assert.equal(code, 0, stderr);
  const page = readFileSync(path.join(cwd, 'report/report.html'), 'utf8');
  assert.match(page, /<h2>Confidence of the labels/);
  assert.doesNotMatch(page, /class="by-group"/);
});
