import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  AtomicFile,
  commitAll,
  writeCropFile,
  writeFileAtomic,
} from '../../../src/files/atomic.js';
import { InputError, UserError } from '../../../src/files/errors.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'facecls-atomic-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

let made = 0;
function newFolder(): string {
  made += 1;
  const folder = path.join(scratch, String(made));
  mkdirSync(folder);
  return folder;
}

/** The UserError of exit code 1 that `action` ends with. */
async function failure(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => assert.fail('nothing was thrown'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof UserError, String(error));
  assert.equal(error.exitCode, 1);
  return error.message;
}

test('a file has its name only once it is whole, and folders are made', async () => {
  const file = path.join(newFolder(), 'a/b/out.txt');
  const writer = await AtomicFile.create(file);
  await writer.write('one\n');
  await writer.write('two\n');
  assert.equal(existsSync(file), false);
  assert.equal(existsSync(`${file}.partial`), true);
  await commitAll([writer]);
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
  assert.deepEqual(readdirSync(path.dirname(file)), ['out.txt']);
});

test('a crop without a folder in its name takes shape in the current folder, not beside it', async (t) => {
  const folder = newFolder();
  const current = path.join(folder, 'current');
  mkdirSync(current);
  const before = process.cwd();
  process.chdir(current);
  t.after(() => process.chdir(before));
  // Where its partial file would lie beside the current folder, nothing can be written.
  const hash = createHash('sha256').update('crop.png').digest('hex').slice(0, 16);
  mkdirSync(path.join(folder, `output.${hash}.partial`));
  await writeCropFile(Buffer.from('crop.png'), Buffer.from('pixels'));
  assert.deepEqual(readdirSync(current), ['crop.png']);
});

test('text keeps its order however it is written, and much of it arrives', async () => {
  const file = path.join(newFolder(), 'out.txt');
  const writer = await AtomicFile.create(file);
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} 照片 ${'x'.repeat(i % 40)}\n`);
  // Some are waited for, some are not.
  for (const [i, line] of lines.entries()) {
    const written = writer.write(line);
    if (i % 1000 === 0) await written;
  }
  await commitAll([writer]);
  assert.equal(readFileSync(file, 'utf8'), lines.join(''));
});

test('discard leaves an older file alone and no partial one', async () => {
  const folder = newFolder();
  const file = path.join(folder, 'out.txt');
  writeFileSync(file, 'older');
  const writer = await AtomicFile.create(file);
  await writer.write('newer');
  await writer.discard();
  await writer.discard();
  assert.equal(readFileSync(file, 'utf8'), 'older');
  assert.deepEqual(readdirSync(folder), ['out.txt']);
});

test('files committed together get no name when one cannot be written out', async () => {
  const folder = newFolder();
  const good = await AtomicFile.create(path.join(folder, 'good'));
  const bad = await AtomicFile.create(path.join(folder, 'bad'));
  await good.write('x');
  await bad.discard();
  await assert.rejects(commitAll([good, bad]));
  assert.deepEqual(readdirSync(folder), ['good.partial']);
});

test('a full disk gives one sentence that names the file', {
  skip: !existsSync('/dev/full'),
}, async () => {
  const folder = newFolder();
  const writer = await AtomicFile.create(path.join(folder, 'out.txt'));
  // Swap the open file for the device that is always full.
  const { open } = await import('node:fs/promises');
  const full = await open('/dev/full', 'w');
  const { handle } = writer as unknown as { handle: typeof full };
  handle.writeFile = full.writeFile.bind(full);
  const waited = writer.write('x'.repeat(100_000));
  assert.equal(
    await failure(waited),
    `cannot write ${folder}/out.txt: no space left on the device; ` +
      'free some space and run the command again',
  );
  assert.match(await failure(commitAll([writer])), /no space left/);
  assert.equal(existsSync(path.join(folder, 'out.txt')), false);
  await full.close();
  await writer.discard();
  assert.deepEqual(readdirSync(folder), []);
});

test('a single file is written whole, into folders that are made', async () => {
  const folder = newFolder();
  const file = path.join(folder, 'sub/deep/crop.jpg');
  await writeFileAtomic(file, Buffer.from([1, 2, 3]));
  await writeFileAtomic(file, Buffer.from([4]));
  assert.deepEqual([...readFileSync(file)], [4]);
  assert.deepEqual(readdirSync(path.dirname(file)), ['crop.jpg']);
});

test('many files are written into one new folder at once', async () => {
  const folder = path.join(newFolder(), 'new/sub');
  const names = Array.from({ length: 50 }, (_, i) => `${i}.png`);
  await Promise.all(names.map((name) => writeFileAtomic(path.join(folder, name), name)));
  assert.deepEqual(readdirSync(folder).sort(), names.sort());
  for (const name of names) assert.equal(readFileSync(path.join(folder, name), 'utf8'), name);
});

test('names are bytes', { skip: process.platform !== 'linux' }, async () => {
  const folder = newFolder();
  const name = Buffer.from([0xff, 0x0a]);
  await writeFileAtomic(Buffer.concat([Buffer.from(`${folder}/`), name, Buffer.from('/x')]), 'x');
  assert.deepEqual(readdirSync(folder, { encoding: 'buffer' }), [name]);
});

const NOTHING = Buffer.alloc(0);

test('the longest name fits; one too long is the fault of that input alone', async () => {
  const folder = newFolder();
  await writeCropFile(Buffer.from(path.join(folder, 'x'.repeat(255))), NOTHING);
  await assert.rejects(
    writeCropFile(Buffer.from(path.join(folder, 'x'.repeat(256))), NOTHING),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /too long/);
      return true;
    },
  );
  assert.equal(readdirSync(folder).length, 1);
});

test('a folder that is a file gives a sentence', async () => {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'file'), '');
  const crop = writeCropFile(Buffer.from(path.join(folder, 'file/x.jpg')), NOTHING);
  await assert.rejects(crop, (error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /something else, which this run may not replace, has its name/);
    return true;
  });
  assert.match(await failure(AtomicFile.create(path.join(folder, 'file/x'))), /^cannot write /);
});
