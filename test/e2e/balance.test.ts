/** `facecls balance` on results that were written by hand. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { openArchive } from '../../src/inputs/archives/archive.js';
import { MemberReader } from '../../src/inputs/archives/member-reader.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';
import { facesOf, KNOWN_ERRORS, RECORD, writeResults } from '../support/results-folder.js';

const cwd = temporaryFolder();
const inFolder = (...names: string[]) => path.join(cwd, ...names);
const run = (line: string, input = '') => facecls(line.split(' '), { cwd, input });
const FACES = [
  ...facesOf({ African: 40, Asian: 30, Caucasian: 20, Indian: 8 }, 'a'),
  ...facesOf({ African: 10, Asian: 12, Caucasian: 6, Indian: 5 }, 'b'),
  { photograph: 'b/twice.jpg', label: 'Indian' },
  { photograph: 'b/twice.jpg', label: 'Indian', overlaps: 0 },
];

async function balanced(output: string, options: string, expected = 0) {
  const { code, stdout, stderr } = await run(`balance --output_dir ${output} --json ${options}`);
  assert.equal(code, expected, stderr);
  return JSON.parse(stdout);
}

const list = (output: string, name: string) =>
  readFileSync(inFolder(output, `balanced-${name}.txt`), 'utf8')
    .split('\n')
    .slice(0, -1);

before(() => {
  writeFileSync(inFolder('known.json'), JSON.stringify(KNOWN_ERRORS));
  writeResults(inFolder('results'), { faces: FACES });
});

test('as many faces of each class are drawn, and what is missing is said', async () => {
  const record = await balanced(
    'ten',
    '--predictions results --per_class 20 --known_errors known.json',
  );
  assert.deepEqual(
    record.cells.map((cell: Record<string, unknown>) => [
      cell.available,
      cell.taken,
      cell.shortfall,
    ]),
    [
      [50, 20, 0],
      [42, 20, 0],
      [26, 20, 0],
      [14, 14, 6],
    ],
  );
  assert.equal(record.overlapping, 1);
  for (const { expected_purity } of record.cells) {
    const [share, low, high] = expected_purity;
    assert.ok(low <= share && share <= high && share > 0.6 && share < 1, expected_purity);
  }
  const { stdout } = await run('balance --predictions results --per_class 20 --output_dir said');
  assert.match(stdout, /Indian 14, shortfall 6; results in said/);
});

test('rows in another order give the same lists, and a larger number only adds', async () => {
  const [header, ...rows] = readFileSync(inFolder('results', 'predictions.csv'), 'utf8')
    .trimEnd()
    .split('\r\n');
  const reversed = [header, ...rows.toReversed(), ''].join('\r\n');
  mkdirSync(inFolder('reversed'), { recursive: true });
  writeFileSync(inFolder('reversed', 'predictions.csv'), reversed);
  writeFileSync(inFolder('reversed', 'run.json'), JSON.stringify(RECORD));
  await balanced('forwards', '--predictions results --per_class 10 --seed 3');
  await balanced('backwards', '--predictions reversed --per_class 10 --seed 3');
  await balanced('more', '--predictions results --per_class 20 --seed 3');
  for (const name of ['African', 'Asian', 'Caucasian', 'Indian']) {
    assert.deepEqual(list('backwards', name), list('forwards', name));
    assert.deepEqual(list('more', name).slice(0, 10), list('forwards', name));
  }
});

test('min takes the size of the rarest class in its rarest group', async () => {
  const options = '--predictions results --per_class min --group_by folder';
  const record = await balanced('min', options);
  assert.equal(record.per_class, 6);
  assert.deepEqual(record.rarest, { class: 'Caucasian', group: 'b' });
  assert.equal(record.taken, 6 * 8);
  const table = readFileSync(inFolder('min', 'balanced.csv'), 'utf8').trimEnd().split('\r\n');
  assert.equal(table.filter((row) => row.endsWith(',b')).length, 24);
});

test('one face of an identity is drawn at most, and standard input cannot be read twice', async () => {
  const record = await balanced('one', '--predictions results --per_class 5 --one_per identity');
  assert.equal(record.taken, 2);
  const { code, stderr } = await run('balance --predictions - --per_class min --output_dir no');
  assert.equal(code, 2);
  assert.match(stderr, /read the predictions twice; give the name of a file/);
});

test('nothing drawn is exit code 3, with the files there', async () => {
  const options = '--predictions results --per_class 5 --min_confidence 0.95';
  const record = await balanced('nothing', options, 3);
  assert.deepEqual([record.taken, record.below_confidence], [0, 132]);
  assert.ok(existsSync(inFolder('nothing', 'balance.json')));
});

test('a face without a file is not copied, and nothing is left behind', async () => {
  const line = 'balance --predictions results --per_class 5 --copy copy --output_dir uncopied';
  const { code, stderr } = await run(line);
  assert.equal(code, 2);
  assert.match(stderr, /has no file of its own; label with `facecls run --save_crops`/);
  assert.ok(!existsSync(inFolder('uncopied')));
});

/** A folder of crops that infer labelled, of which one is a path out of the folder. */
function writeCrops(): void {
  mkdirSync(inFolder('crops', 'sub'), { recursive: true });
  const names = ['1.jpg', 'sub/2.jpg', '../outside.jpg'];
  for (const name of names) writeFileSync(inFolder('crops', name), name);
  mkdirSync(inFolder('labelled'));
  const rows = names.map((name) => `crops/${name} Asian\n`).join('');
  writeFileSync(inFolder('labelled', 'pred_ethnicities.txt'), rows);
  const record = { command: 'infer', given: { input: 'crops', output: 'labelled' } };
  writeFileSync(inFolder('labelled', 'run.json'), JSON.stringify(record));
}

test('files are copied or linked into a folder for each class, none outside it', async () => {
  writeCrops();
  for (const how of ['copy', 'hardlink']) {
    await balanced(how, `--predictions labelled --per_class 3 --copy ${how}`);
    const copied = inFolder(how, 'Asian');
    assert.equal(readFileSync(path.join(copied, 'sub', '2.jpg'), 'utf8'), 'sub/2.jpg');
    assert.equal(readFileSync(path.join(copied, '__', 'outside.jpg'), 'utf8'), '../outside.jpg');
    const { ino } = statSync(path.join(copied, '1.jpg'));
    assert.equal(ino === statSync(inFolder('crops', '1.jpg')).ino, how === 'hardlink');
    assert.deepEqual(
      readdirSync(inFolder(how)).filter((name) => name.includes('partial')),
      [],
    );
  }
  const again = await run(
    'balance --predictions labelled --per_class 3 --copy copy --output_dir copy --overwrite',
  );
  assert.equal(again.code, 2);
  assert.match(again.stderr, /African is there, and folders of faces are not replaced/);
});

test('faces of a run are copied from the crops that its manifest names', async () => {
  mkdirSync(inFolder('kept', 'crops'), { recursive: true });
  writeFileSync(inFolder('kept', 'crops', '1.jpg_0.jpg'), 'a face');
  writeFileSync(inFolder('kept', 'pred_ethnicities.txt'), 'photographs/1.jpg#0 Asian\n');
  const crop = 'kept/crops/1.jpg_0.jpg';
  const row = { source: 'photographs/1.jpg', face: 0, crop, score: 1, box: [0, 0, 9, 9] };
  writeFileSync(inFolder('kept', 'align_manifest.jsonl'), `${JSON.stringify(row)}\n`);
  const record = { ...RECORD, given: { input: 'photographs', output: 'kept' } };
  writeFileSync(inFolder('kept', 'run.json'), JSON.stringify(record));
  await balanced('of_run', '--predictions kept --per_class 1 --copy copy');
  const copied = inFolder('of_run', 'Asian', '1.jpg_0.jpg');
  assert.equal(readFileSync(copied, 'utf8'), 'a face');
});

test('members of archives are copied out of them, and cannot be linked', async () => {
  for (const name of ['stored.zip', 'plain.rec', 'faces.tar.gz', 'no-path.parquet']) {
    const isParquet = name.endsWith('parquet');
    const file = fixture(`datasets/${isParquet ? 'binary.parquet' : name}`);
    const members: Buffer[] = [];
    const archive = await openArchive(file, { isImageName: () => true });
    const reader = new MemberReader();
    const rows: string[] = [];
    for await (const entry of archive!.members()) {
      if (entry.kind !== 'member' || members.length === 3) continue;
      rows.push(`${file}/${entry.name} Asian\n`);
      members.push(entry.bytes ?? (await reader.read(file, entry.locator!)));
    }
    await reader.close();
    mkdirSync(inFolder(`of ${name}`));
    writeFileSync(inFolder(`of ${name}`, 'pred_ethnicities.txt'), rows.join(''));
    const record = { command: 'infer', given: { input: file, output: 'x' } };
    writeFileSync(inFolder(`of ${name}`, 'run.json'), JSON.stringify(record));
    const args = ['--predictions', `of ${name}`, '--per_class', '3', '--output_dir', `out ${name}`];
    const { code, stderr } = await facecls(['balance', ...args, '--copy', 'copy'], { cwd });
    assert.equal(code, 0, stderr);
    const asian = inFolder(`out ${name}`, 'Asian');
    const copied = (readdirSync(asian, { recursive: true }) as string[])
      .map((name) => path.join(asian, name))
      .filter((file) => statSync(file).isFile());
    assert.equal(copied.length, 3);
    const contents = copied.map((file) => readFileSync(file));
    const sorted = (all: Buffer[]) =>
      all.toSorted(Buffer.compare).map((one) => one.toString('hex'));
    assert.deepEqual(sorted(contents), sorted(members), name);
    for (const file of copied) assert.match(file, /\.(jpg|png|webp)$/);
    const linked = [...args.slice(0, -1), `linked ${name}`, '--copy', 'hardlink'];
    assert.match((await facecls(['balance', ...linked], { cwd })).stderr, /give --copy copy/);
  }
});
