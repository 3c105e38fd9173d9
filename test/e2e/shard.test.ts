import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../../src/files/errors.js';
import { isInShard, parseShard, shardFolder } from '../../src/inputs/shard.js';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';
import { contentOf } from '../support/kills.js';

const folder = temporaryFolder();
const crops = path.join(folder, 'crops');
const photographs = path.join(folder, 'photographs');
const MODEL = ['--ckpt', TINY_CLASSIFIER];

before(async () => {
  const names = ['a.png', 'a-b.png', 'a/1.png', 'a/new\nline.png', 'with space.png', 'ü,"q".png'];
  const sources = readdirSync(fixture('align/crops/upstream')).sort();
  for (let i = 0; i < 30; i++) names.push(`many/${i}.png`);
  for (const [i, name] of names.entries()) {
    const file = path.join(crops, name);
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(path.join(fixture('align/crops/upstream'), sources[i % sources.length]), file);
  }
  for (const name of ['bad.png', 'many/bad.png']) writeFileSync(path.join(crops, name), 'bad');
  mkdirSync(photographs);
  // `!` sorts before the `#` of a face's path, and `.` after it.
  const photographNames = ['p.jpg', 'p.jpg!.jpg', 'p.jpg.jpg', 'q.jpg', 'r.jpg', 's.jpg'];
  for (const [i, name] of photographNames.entries()) {
    await sharp(path.join(samplePhotographs(), `sample${(i % 3) + 1}.jpg`))
      .resize(900)
      .jpeg()
      .toFile(path.join(photographs, name));
  }
  writeFileSync(path.join(photographs, 'bad.jpg'), 'bad');
});

/** Runs the command whole, then in shards that are merged: both have to leave the same bytes. */
async function compare(args: readonly string[], out: string, count: number, codes: number[]) {
  const whole = await facecls([...args, '--overwrite']);
  assert.equal(whole.code, 3, whole.stderr);
  const expected = contentOf(out);
  rmSync(out, { recursive: true });
  const found = [];
  for (let index = 0; index < count; index++) {
    const { code, stderr } = await facecls([...args, '--shard', `${index}/${count}`]);
    assert.ok(code === 0 || code === 3, stderr);
    found.push(code);
  }
  const merged = await facecls(['merge', '--inputs', out, '--output_dir', out, '--json']);
  assert.equal(merged.code, 3, merged.stderr);
  const shards = readdirSync(out).filter((name) => name.startsWith('shard-'));
  assert.equal(shards.length, count);
  const parts = path.join(folder, `${path.basename(out)}-parts`);
  mkdirSync(parts, { recursive: true });
  for (const shard of shards) {
    cpSync(path.join(out, shard), path.join(parts, shard), { recursive: true });
    rmSync(path.join(out, shard), { recursive: true });
  }
  const content = contentOf(out);
  assert.deepEqual([...content.keys()].sort(), [...expected.keys()].sort());
  for (const [name, bytes] of expected) assert.equal(content.get(name), bytes, name);
  assert.deepEqual([...new Set(found)].sort(), codes);
  return JSON.parse(merged.stdout);
}

test('infer in shards, merged, gives the bytes of a whole run', async () => {
  const out = path.join(folder, 'infer');
  const args = [
    'infer',
    '--input_dir',
    crops,
    '--output_dir',
    out,
    '--format',
    'csv,jsonl',
    ...MODEL,
  ];
  const { counts } = await compare(args, out, 3, [0, 3]);
  assert.equal(counts.seen, 38);
  assert.equal(counts.failed, 2);
  // It counts as the whole run that it equals.
  const again = await facecls([...args, '--resume']);
  assert.equal(again.code, 3, again.stderr);
  assert.match(again.stdout, /finished before/);
});

test('run and align in shards, also empty ones, merged, give the bytes of a whole run', async () => {
  for (const command of ['run', 'align']) {
    const out = path.join(folder, command);
    const [input, output] =
      command === 'run' ? ['--input_dir', '--output_dir'] : ['--in_dir', '--out_dir'];
    const args = [command, input, photographs, output, out, '--min_face_size', '60'];
    if (command === 'run') args.push('--save_crops', ...MODEL);
    await compare(args, out, 5, [0, 3]);
  }
});

test('a list in shards, merged, keeps its order', async () => {
  const list = path.join(folder, 'list.txt');
  const names = readdirSync(path.join(crops, 'many')).sort().reverse();
  writeFileSync(list, [...names, names[3], names[7]].map((name) => `many/${name}\n`).join(''));
  const out = path.join(folder, 'listed');
  const args = ['infer', '--input_dir', crops, '--in_list', list, '--output_dir', out, ...MODEL];
  await compare(args, out, 4, [0, 3]);

  writeFileSync(list, `many/${names[0]}\n`);
  const changed = await facecls([
    ...['merge', '--inputs', path.join(folder, 'listed-parts')],
    ...['--output_dir', path.join(folder, 'other')],
  ]);
  assert.equal(changed.code, 2);
  assert.match(changed.stderr, /no longer the list/);
});

test('shards that do not belong together are refused, and nothing is written', async () => {
  const parts = path.join(folder, 'infer-parts');
  const out = path.join(folder, 'refused');
  const merge = async (...inputs: string[]) => {
    const { code, stderr } = await facecls(['merge', '--inputs', ...inputs, '--output_dir', out]);
    assert.equal(code, 2, stderr);
    assert.ok(!readdirSync(folder).includes('refused'));
    return stderr;
  };
  const shards = readdirSync(parts).map((name) => path.join(parts, name));
  assert.match(await merge(shards[0], shards[2]), /of 3 shards 1 are missing \(1\)/);
  assert.match(await merge(...shards, shards[1]), /shard 1\/3 is there twice/);
  assert.match(await merge(path.join(folder, 'none')), /no such folder/);
  assert.match(await merge(crops), /holds no results of a shard/);
  assert.match(await merge(path.join(folder, 'infer')), /results of a whole run/);

  const changed = path.join(folder, 'changed');
  const change = (edit: (record: Record<string, Record<string, unknown>>) => void) => {
    cpSync(shards[1], changed, { recursive: true });
    const file = path.join(changed, 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    edit(record);
    writeFileSync(file, JSON.stringify(record));
    return merge(shards[0], changed, shards[2]);
  };
  const otherModel = await change((record) => {
    record.made_with.model_sha256 = 'f'.repeat(64);
  });
  assert.match(otherModel, /were made with model of SHA-256 \w{64} and model of SHA-256 f{64}/);
  const otherName = await change((record) => {
    record.given.input = './crops';
  });
  assert.match(otherName, /were given the input as .*crops and \.\/crops/);
  cpSync(shards[1], changed, { recursive: true });
  rmSync(path.join(changed, 'predictions.csv'));
  assert.match(
    await merge(shards[0], changed, shards[2]),
    /predictions\.csv: no such file .* run\.json lists it/,
  );
  cpSync(shards[1], changed, { recursive: true });
  writeFileSync(path.join(changed, 'pred_ethnicities.txt.partial'), '');
  assert.match(await merge(shards[0], changed, shards[2]), /shard 1\/3 is not finished/);
});

test('every path belongs to one shard, by itself', () => {
  const counts = new Array(16).fill(0);
  for (let i = 0; i < 16_000; i++) {
    const name = Buffer.from(`folder/${i}.jpg`);
    const shards = counts.map((_, index) => isInShard(name, { index, count: 16 }));
    assert.equal(shards.filter(Boolean).length, 1);
    counts[shards.indexOf(true)] += 1;
  }
  // Of 16,000 drawn at random, a sixteenth is 1,000 with a standard deviation of 31.
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 160, `${counts}`);
  // XXH32 of "test" with seed 0 is 0x3e2023cf (published test vector): 7 modulo 8.
  assert.ok(isInShard(Buffer.from('test'), { index: 7, count: 8 }));
});

test('--shard is I/N or comes from Slurm', () => {
  assert.deepEqual(parseShard('0/1'), { index: 0, count: 1 });
  assert.deepEqual(parseShard('15/16'), { index: 15, count: 16 });
  assert.equal(shardFolder({ index: 3, count: 16 }), 'shard-03-of-16');
  for (const text of ['', '1', '1/1', '-1/4', '1/0', '4/4', 'a/b', '1/200000', '1/4/2']) {
    assert.throws(() => parseShard(text), UserError, text);
  }
  const task = (ID: string, MIN: string, COUNT: string, MAX?: string, STEP?: string) =>
    parseShard('slurm', {
      SLURM_ARRAY_TASK_ID: ID,
      SLURM_ARRAY_TASK_MIN: MIN,
      SLURM_ARRAY_TASK_COUNT: COUNT,
      ...(MAX === undefined ? {} : { SLURM_ARRAY_TASK_MAX: MAX }),
      ...(STEP === undefined ? {} : { SLURM_ARRAY_TASK_STEP: STEP }),
    });
  assert.deepEqual(task('0', '0', '8'), { index: 0, count: 8 });
  assert.deepEqual(task('8', '1', '8', '8', '1'), { index: 7, count: 8 });
  assert.deepEqual(task('14', '10', '4', '16', '2'), { index: 2, count: 4 });
  // --array=1,5,9 has step 4, 1,2,9 none.
  assert.throws(() => task('2', '1', '3', '9', '1'), /gaps/);
  assert.throws(() => task('9', '1', '3', '9', '1'), /gaps/);
  assert.throws(() => task('x', '1', '3'), /SLURM_ARRAY_TASK_ID is "x"/);
  assert.throws(
    () => parseShard('slurm', {}),
    /TASK_ID is not set; submit the command as an array/,
  );
});
