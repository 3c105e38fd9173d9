/** `facecls composition` on results that were written by hand. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { facesOf, KNOWN_ERRORS, RECORD, writeResults } from '../support/results-folder.js';

const cwd = temporaryFolder();
const inFolder = (...names: string[]) => path.join(cwd, ...names);
const run = (line: string, input = '') => facecls(line.split(' '), { cwd, input });

const FACES = [
  ...facesOf({ African: 40, Asian: 30, Caucasian: 20, Indian: 10 }, 'a'),
  ...facesOf({ African: 10, Indian: 20 }, 'b'),
  // The same face twice, and a small face beside a large one.
  { photograph: 'b/twice.jpg', label: 'Asian' },
  { photograph: 'b/twice.jpg', label: 'Asian', overlaps: 0 },
  { photograph: 'b/two.jpg', label: 'Caucasian', side: 40 },
  { photograph: 'b/two.jpg', label: 'Indian', side: 90 },
];

/** The record of a run that succeeds. */
async function composed(output: string, options = '', input = '') {
  const line = `composition --output_dir ${output} --json ${options}`.trim();
  const { code, stdout, stderr } = await run(line, input);
  assert.equal(code, 0, stderr);
  return { record: JSON.parse(stdout), stderr };
}

before(() => {
  writeFileSync(inFolder('known.json'), JSON.stringify(KNOWN_ERRORS));
  writeResults(inFolder('results'), {
    faces: FACES,
    noFace: ['a/none.jpg', 'b/none.jpg', 'b/none2.jpg'],
    unreadable: ['b/broken.jpg'],
  });
});

test('a folder of results gives shares, photographs and files', async () => {
  const { record } = await composed('out', '--predictions results --known_errors known.json');
  assert.equal(record.n, 133);
  assert.deepEqual(record.left_out, { overlapping: 1, further_face: 0, repeated: 0 });
  assert.deepEqual(record.photographs, { seen: 136, with_face: 132, no_face: 3, unreadable: 1 });
  const [whole] = record.groups;
  assert.equal(whole.classes.African.n, 50);
  assert.equal(whole.classes.African.raw[0], Number((50 / 133).toFixed(6)));
  // By hand: a share p is labelled so with .03 + .88 p.
  assert.ok(Math.abs(whole.classes.African.corrected[0] - (50 / 133 - 0.03) / 0.88) < 1e-4);
  const names = ['composition.csv', 'composition.html', 'composition.json', 'composition.png'];
  assert.deepEqual(readdirSync(inFolder('out')).sort(), names);
  const saved = JSON.parse(readFileSync(inFolder('out', 'composition.json'), 'utf8'));
  assert.deepEqual(saved, record);
  assert.deepEqual(
    saved.files.map(({ name }: { name: string }) => name),
    ['composition.csv', 'composition.png', 'composition.html'],
  );
});

test('groups by folder hold faces and photographs, the largest first', async () => {
  const { record } = await composed('folders', '--predictions results --group_by folder');
  const [, ...groups] = record.groups;
  assert.deepEqual(
    groups.map(({ group, n, no_face }: Record<string, unknown>) => [group, n, no_face]),
    [
      ['a', 100, 1],
      ['b', 33, 2],
    ],
  );
  assert.equal(record.group_by, 'folder');
});

test('groups by a column take photographs without a face too, and count those without a row', async () => {
  const rows = ['file,set', 'b/twice.jpg,x', 'b/none.jpg,x', 'a/African0.jpg,y'];
  writeFileSync(inFolder('sets.csv'), `${rows.join('\n')}\n`);
  const options = '--predictions results --group_by set --attributes sets.csv';
  const { record } = await composed('sets', options);
  const [, x] = record.groups;
  assert.deepEqual([x.group, x.n, x.photographs.seen, x.no_face], ['x', 1, 2, 1]);
  assert.deepEqual(record.ungrouped, { faces: 131, photographs: 133 });
});

test('--faces largest counts the largest face of a photograph, and needs a manifest', async () => {
  const { record } = await composed('largest', '--predictions results --faces largest');
  assert.deepEqual(record.left_out, { overlapping: 1, further_face: 1, repeated: 0 });
  assert.deepEqual(record.groups[0].classes.Caucasian.n, 20);
  writeResults(inFolder('bare'), { faces: FACES, hasManifest: false, record: null });
  const line = 'composition --predictions bare --output_dir none --faces largest';
  const { code, stderr } = await run(line);
  assert.equal(code, 2);
  assert.match(stderr, /--faces largest: .*give it with --manifest/);
  assert.ok(!existsSync(inFolder('none')));
});

test('another model without known errors gives raw shares and the way to the others', async () => {
  const { record, stderr } = await composed('raw', '--predictions results');
  assert.match(record.not_corrected, /another model .*`facecls evaluate`.*--known_errors/);
  assert.equal(record.groups[0].classes.African.corrected, null);
  assert.match(stderr, /Shares are not corrected/);
});

test('the bundled model takes its own known errors, and another way of cutting is said', async () => {
  const bundled = JSON.parse(
    readFileSync(packageFile('pretrained_models/resnet18-fairface.json'), 'utf8'),
  );
  const made_with = { ...RECORD.made_with, model_sha256: bundled.model_sha256 };
  writeResults(inFolder('bundled'), { faces: FACES, record: { ...RECORD, made_with } });
  const { record } = await composed('bundled_out', '--predictions bundled');
  assert.equal(record.known_errors.n, bundled.n);
  assert.ok(record.notes.some((note: string) => note.includes('faces all here, largest there')));
  const { record: detected } = await composed(
    'detected',
    '--predictions bundled --correct_detection',
  );
  assert.equal(detected.correct_detection, true);
  assert.notDeepEqual(detected.groups[0].classes, record.groups[0].classes);
});

test('labels without a record have the classes of the known errors, also on standard input', async () => {
  const errors = {
    class_names: ['up', 'down'],
    confusion: [
      [9, 1],
      [2, 8],
    ],
  };
  writeFileSync(inFolder('two.json'), JSON.stringify(errors));
  const options = '--predictions - --known_errors two.json';
  const { record } = await composed('two', options, 'x.jpg up\ny.jpg down\nz.jpg up\n');
  assert.deepEqual(record.class_names, ['up', 'down']);
  assert.equal(record.photographs, null);
  assert.equal(record.groups[0].classes.up.n, 2);
});

test('results are replaced with --overwrite only, a foreign file never', async () => {
  const line = 'composition --predictions results --output_dir twice --quiet';
  assert.equal((await run(line)).code, 0);
  const again = await run(line);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /replace it by --overwrite/);
  assert.equal((await run(`${line} --overwrite`)).code, 0);
  const foreign = temporaryFolder();
  writeFileSync(path.join(foreign, 'composition.png'), 'mine');
  const refused = await run(
    `composition --predictions results --output_dir ${foreign} --overwrite`,
  );
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /composition\.png, which no run/);
  assert.equal(readFileSync(path.join(foreign, 'composition.png'), 'utf8'), 'mine');
  assert.deepEqual(readdirSync(foreign), ['composition.png']);
});

test('a manifest or predictions that are damaged change no file and name the line', async () => {
  writeFileSync(inFolder('cut.jsonl'), '{"source":"a.jpg","status":"no_face"}\n{"sour');
  const options = '--predictions results --output_dir damaged';
  const { code, stderr } = await run(`composition ${options} --manifest cut.jsonl`);
  assert.equal(code, 2);
  assert.match(stderr, /cut\.jsonl, line 2: is not a complete JSON object/);
  assert.ok(!existsSync(inFolder('damaged')));
});

test('metrics.json of evaluate is a file of known errors, with detection from the manifest', async () => {
  const truth = FACES.map(({ photograph, label }) => `${photograph},${label}`);
  const rows = ['file,label', ...new Set(truth), 'a/none.jpg,Asian', 'b/none.jpg,Indian'];
  const labels = rows.filter((row) => row !== 'b/two.jpg,Indian');
  writeFileSync(inFolder('labels.csv'), `${labels.join('\n')}\n`);
  const evaluation = await run(
    'evaluate --predictions results/predictions.csv --labels labels.csv --output_dir evaluation',
  );
  assert.equal(evaluation.code, 0, evaluation.stderr);
  const metrics = JSON.parse(readFileSync(inFolder('evaluation', 'metrics.json'), 'utf8'));
  assert.deepEqual(metrics.detection, {
    African: [50, 50],
    Asian: [31, 32],
    Caucasian: [21, 21],
    Indian: [30, 31],
  });
  assert.equal(metrics.model_sha256, RECORD.made_with.model_sha256);
  const options = '--predictions results --known_errors evaluation/metrics.json';
  const { record } = await composed('own', `${options} --correct_detection`);
  assert.equal(record.not_corrected, null);
  assert.ok(!record.notes.some((note: string) => note.includes('cut out')), record.notes);
});

test('crops that infer labelled find the manifest of align in its folder', async () => {
  writeResults(inFolder('faces'), { faces: [], noFace: ['a/none.jpg'], record: null });
  const rows = [0, 1].map((face) =>
    JSON.stringify({
      ...{ source: 'photographs/a/1.jpg', face, crop: `./faces/a/1.jpg_${face}.jpg` },
      ...{ score: 1, box: [0, 0, 9, 9], overlaps: face === 0 ? null : 0 },
    }),
  );
  writeFileSync(inFolder('faces', 'align_manifest.jsonl'), `${rows.join('\n')}\n`);
  const given = { input: 'photographs', output: './faces' };
  writeFileSync(inFolder('faces', 'align.json'), JSON.stringify({ command: 'align', given }));
  writeResults(inFolder('inferred'), { faces: [], record: null, hasManifest: false });
  const labels = 'faces/a/1.jpg_0.jpg Asian\nfaces/a/1.jpg_1.jpg Asian\n';
  writeFileSync(inFolder('inferred', 'pred_ethnicities.txt'), labels);
  const made_with = { command: 'infer', input_dir: inFolder('faces') };
  const record = { command: 'infer', made_with, given: { input: 'faces', output: 'inferred' } };
  writeFileSync(inFolder('inferred', 'run.json'), JSON.stringify(record));
  const options = '--predictions inferred/pred_ethnicities.txt --group_by folder';
  const { record: found } = await composed('crops', options);
  assert.deepEqual(found.left_out, { overlapping: 1, further_face: 0, repeated: 0 });
  assert.deepEqual([found.n, found.photographs.seen, found.groups[1].group], [1, 1, 'a']);
});
