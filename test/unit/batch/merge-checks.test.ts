import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { mergeShards } from '../../../src/batch/merge/merge.js';
import { ExitCode, UserError } from '../../../src/files/errors.js';
import { temporaryFolder } from '../../support/cli.js';
import {
  type Command,
  changeRecord,
  forge,
  INPUTS,
  inputsOf,
  recordNameOf,
  shardOf,
  textsOf,
  writeShards,
} from '../../support/shard-results.js';

const scratch = temporaryFolder();
let made = 0;

const newFolder = () => path.join(scratch, `${++made}`);
const newShards = (command: Command = 'infer') => writeShards(newFolder(), command);

/** The message of the refusal, which writes nothing and leaves an earlier merge alone. */
async function refusal(folder: string): Promise<string> {
  const out = newFolder();
  let message: string | undefined;
  await assert.rejects(mergeShards([folder], out, false), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.equal(error.exitCode, ExitCode.usage);
    message = error.message;
    return true;
  });
  assert.ok(!existsSync(out));
  return message!;
}

test('the files of two shards become those of the whole run', async () => {
  for (const command of ['infer', 'run', 'align'] as const) {
    const out = newFolder();
    const { counts } = await mergeShards([newShards(command)], out, false);
    assert.equal(counts.seen, 20);
    assert.equal(counts.failed, 5);
    const expected = textsOf(command, INPUTS);
    assert.deepEqual(
      readdirSync(out).sort(),
      [...Object.keys(expected), recordNameOf(command)].sort(),
    );
    for (const [name, text] of Object.entries(expected)) {
      assert.equal(readFileSync(path.join(out, name), 'utf8'), text, `${command} ${name}`);
    }
  }
});

test('a file that is cut, emptied, changed, exchanged or gone is not that of its record', async () => {
  const cases: [(file: string, other: string) => void, RegExp][] = [
    [(file) => truncateSync(file, 30), /has \d+ lines, .* wrote \d+/],
    [(file) => truncateSync(file, 0), /has 0 lines/],
    [(file) => truncateSync(file, readFileSync(file).length - 1), /has \d+ lines/],
    [(file) => appendFileSync(file, readFileSync(file)), /has \d+ lines/],
    [(file) => writeFileSync(file, readFileSync(file, 'utf8').replace('a/', 'A/')), /was changed/],
    [(file, other) => copyFileSync(other, file), /has \d+ lines|was changed/],
    [(file) => rmSync(file), /no such file or folder, though run\.json lists it/],
    [(file) => [rmSync(file), mkdirSync(file)], /is no regular file/],
  ];
  for (const [damage, message] of cases) {
    for (const name of ['pred_ethnicities.txt', 'predictions.csv', 'failed.txt']) {
      const folder = newShards();
      const file = path.join(shardOf(folder, 1), name);
      damage(file, path.join(shardOf(folder, 0), name));
      const said = await refusal(folder);
      assert.match(said, message);
      assert.ok(said.startsWith(`${file}: `), said);
    }
  }
});

test('a pipe is no file of results, nor of a record, and nobody waits for it', {
  skip: process.platform === 'win32',
}, async () => {
  for (const name of ['predictions.jsonl', 'run.json']) {
    const folder = newShards();
    const file = path.join(shardOf(folder, 0), name);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    assert.match(await refusal(folder), /is no regular file/);
  }
});

test('a file of results that the record does not list is refused', async () => {
  const folder = newShards('align');
  writeFileSync(path.join(shardOf(folder, 0), 'failed.txt'), '');
  assert.match(await refusal(folder), /failed\.txt: is not of this shard/);
});

test('content is checked, even where the record vouches for it', async () => {
  const first = (text: string) => text.slice(0, text.indexOf('\n') + 1);
  const foreign = inputsOf(0)[0];
  const cases: [string, (text: string) => string, RegExp][] = [
    ['pred_ethnicities.txt', (t) => t.replace(/ \w+\n/, ' Martian\n'), /label Martian/],
    ['predictions.jsonl', (t) => t.replace(/"label":"\w+"/, '"label":5'), /has the label 5/],
    ['predictions.csv', (t) => t.replace('path,label', 'path,name'), /expected the header/],
    ['predictions.jsonl', (t) => `{${t}`, /predictions\.jsonl: cannot be merged \(/],
    ['failed.txt', (t) => t.replace('\t', ' '), /a path, a tab and a reason/],
    ['pred_ethnicities.txt', (t) => t + first(t), /is not so here|is there twice|counts/],
    ['failed.txt', (t) => t + first(t), /counts seen|counts failed/],
    ['failed.txt', (t) => `${t.split('\n').reverse().join('\n').trimStart()}\n`, /out of order/],
    ['pred_ethnicities.txt', (t) => t.replace('in/', 'out/'), /is no input of shard 1\/2/],
    ['failed.txt', (t) => t.replace(/in\/\S+/, `in/${foreign}`), /is no input of shard 1\/2/],
    [
      'predictions.csv',
      (t) => t.replace(/jpg,(\w+)/, (_, name) => `jpg,${name === 'Asian' ? 'Indian' : 'Asian'}`),
      /is \w+ here and \w+ in pred_ethnicities\.txt/,
    ],
    [
      'predictions.jsonl',
      (t) => t.replace(/"Indian":[\d.]+/, '"Indian":0.123456'),
      /has other numbers here than in predictions\.csv/,
    ],
    [
      'predictions.jsonl',
      (t) => t.replace(/"Indian":[\d.]+/, '"Indian":"0"'),
      /has 0 for a number/,
    ],
    ['predictions.csv', (t) => t.replace(/(jpg,\w+),[\d.]+/, '$1,nan'), /has NaN for a number/],
    ['predictions.jsonl', (t) => t.slice(first(t).length), /is not so here/],
    ['failed.txt', (t) => t.slice(first(t).length), /run\.json: .*it counts seen/],
    ['failed.txt', () => `${'x'.repeat(2 ** 20 + 1)}\n`, /longer than 1 MiB/],
    ['predictions.csv', (t) => `${t}"${'x'.repeat(2 ** 21)}"\r\n`, /longer than 1 MiB/],
  ];
  for (const [name, change, message] of cases) {
    const folder = newShards();
    forge(shardOf(folder, 1), name, change);
    assert.match(await refusal(folder), message);
  }
});

test('paths of a list without an input folder are held against the shard, where they tell', async () => {
  const inputs = INPUTS.filter((_, i) => i % 4 !== 3);
  const list = { file: path.join(scratch, 'list.txt'), inputs, isWithoutFolder: true } as const;
  writeFileSync(list.file, inputs.map((name) => `in/${name}\n`).join(''));
  const shards = () => writeShards(newFolder(), 'infer', list);
  const { counts } = await mergeShards([shards()], newFolder(), false);
  assert.equal(counts.seen, inputs.length);
  const foreign = inputsOf(0, inputs, 'in/').at(-1)!;
  const own = inputsOf(1, inputs, 'in/').at(-1)!;
  for (const spelled of [`in/${foreign}`, `./in//x/../${foreign}`]) {
    const folder = shards();
    const shard = shardOf(folder, 1);
    for (const name of ['pred_ethnicities.txt', 'predictions.csv', 'predictions.jsonl']) {
      forge(shard, name, (text) => text.replace(`in/${own}`, spelled));
    }
    assert.match(await refusal(folder), /is no input of shard 1\/2/);
  }
});

test('an input that both has a label and failed is refused, also where the counts are right', async () => {
  const folder = newShards();
  const shard = shardOf(folder, 1);
  const named = /in\/\S+/.exec(readFileSync(path.join(shard, 'pred_ethnicities.txt'), 'utf8'))![0];
  forge(shard, 'failed.txt', (text) => `${named}${text.slice(text.indexOf('\t'))}`);
  assert.match(await refusal(folder), /is in .*too|out of order/);
});

test('faces of run agree with its manifest', async () => {
  const cases: [string, (text: string) => string, RegExp][] = [
    ['pred_ethnicities.txt', (t) => t.replace('#1', '#2'), /has face 2 out of turn/],
    ['pred_ethnicities.txt', (t) => t.replace(/.*#1 .*\n/, ''), /with 2 faces, and is not so here/],
    ['pred_ethnicities.txt', (t) => t.replace('#0', ''), /has no number of a face/],
    ['align_manifest.jsonl', (t) => t.replace('"face":0', '"face":"0"'), /no number of a face/],
    ['align_manifest.jsonl', (t) => t.replace('unreadable', 'odd'), /has the status odd/],
    ['failed.txt', () => '', /is in align_manifest\.jsonl, and is not so here/],
  ];
  for (const [name, change, message] of cases) {
    const folder = newShards('run');
    const shard = [0, 1].find((index) => {
      const text = readFileSync(path.join(shardOf(folder, index), name), 'utf8');
      return change(text) !== text;
    });
    forge(shardOf(folder, shard!), name, change);
    assert.match(await refusal(folder), message);
  }
});

test('a crafted record is met with a sentence', async () => {
  const cases: [(record: Record<string, unknown>) => unknown, RegExp][] = [
    [(r) => delete r.counts, /counts is missing or damaged/],
    [(r) => Object.assign(r, { counts: { seen: 1, failed: -1 } }), /counts is missing or damaged/],
    [(r) => Object.assign(r, { counts: { seen: 1, failed: 0, x: [[]] } }), /counts is missing/],
    [(r) => Object.assign(r, { made_with: undefined }), /what the results are made with/],
    [(r) => Object.assign(r, { command: 'merge' }), /its command is none/],
    [(r) => Object.assign(r.made_with as object, { shard: '9/2' }), /made_with\.shard is missing/],
    [(r) => Object.assign(r.made_with as object, { shard: 'slurm' }), /made_with\.shard is miss/],
    [(r) => Object.assign(r.made_with as object, { 'a\u001b[2J': 'b\u001b[2J' }), /\\u001b\[2J/],
    [(r) => delete r.given, /given is missing/],
    [(r) => Object.assign(r.given as object, { list: 5 }), /given is missing or damaged/],
    [(r) => Object.assign(r.given as object, { input: 'x\u001b' }), /x\\u001b/],
    [(r) => delete r.files, /does not list the files .*--overwrite/],
    [(r) => Object.assign(r, { files: [{ name: '../x' }] }), /its list of files is damaged/],
    [(r) => Object.assign(r, { files: [] }), /does not list pred_ethnicities\.txt/],
    [(r) => Object.assign(r, { class_names: ['a', '../b'] }), /has class_names of which/],
    [(r) => delete r.seconds, /it has no seconds/],
  ];
  for (const [change, message] of cases) {
    const folder = newShards();
    changeRecord(shardOf(folder, 1), change);
    const said = await refusal(folder);
    assert.match(said, message);
    assert.doesNotMatch(said, /\p{Cc}/u);
  }
  for (const name of ['options', 'made_with', 'counts', 'given', 'files', 'other']) {
    const folder = newShards();
    const file = path.join(shardOf(folder, 0), 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    record[name] = 'HERE';
    const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    writeFileSync(file, JSON.stringify(record).replace('"HERE"', nested));
    assert.match(await refusal(folder), /nested too deep/);
  }
  for (const text of ['', '[]', 'null', '{"command":', '5']) {
    const folder = newShards();
    writeFileSync(path.join(shardOf(folder, 0), 'run.json'), text);
    assert.match(await refusal(folder), /run\.json: cannot be used, since it is no JSON object/);
  }
});

test('a huge record is refused without being read', async () => {
  const folder = newShards();
  const file = path.join(shardOf(folder, 0), 'run.json');
  truncateSync(file, 2 ** 33);
  const start = performance.now();
  assert.match(await refusal(folder), /run\.json: .* it is too large/);
  assert.ok(performance.now() - start < 2000);
});

test('a shard at work, and an output folder that is a shard, are refused', async () => {
  const folder = newShards();
  const lock = path.join(shardOf(folder, 1), '.facecls.lock');
  const owner = { host: 'elsewhere', processes: '', pid: 1, started: 'now', command: 'infer' };
  writeFileSync(lock, JSON.stringify({ ...owner, id: 'x', beat: 0 }));
  assert.match(await refusal(folder), /shard-1-of-2: .*facecls infer.*on elsewhere.*at work there/);
  rmSync(lock);
  const shard = shardOf(folder, 0);
  await assert.rejects(mergeShards([folder], shard, true), /is the folder of a shard/);
});
