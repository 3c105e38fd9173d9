import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../../src/files/errors.js';
import { type WalkOptions, walkImages } from '../../../src/inputs/folder.js';
import { Found } from '../../../src/inputs/found.js';
import type { ImageFile } from '../../../src/inputs/input.js';
import { listImages } from '../../../src/inputs/list.js';

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'facecls-listing-')));
after(() => rmSync(scratch, { recursive: true, force: true }));

let made = 0;

/** A new folder with these empty files. */
function tree(...files: string[]): string {
  made += 1;
  const folder = path.join(scratch, `tree${made}`);
  mkdirSync(folder);
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  return folder;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function walk(folder: string, options: Partial<WalkOptions> = {}) {
  const found = new Found();
  const walked = walkImages(Buffer.from(folder), { followLinks: false, found, ...options });
  const entries = await collect(walked);
  const counts = { linksOutside: found.linksOutside, linkLoops: found.linkLoops };
  return { entries, counts, names: entries.map(({ relative }) => relative.toString()) };
}

/** The one UserError that `action` ends with. */
async function userError(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => assert.fail('nothing was thrown'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof UserError, String(error));
  assert.equal(error.exitCode, 2);
  return error.message;
}

test('names with the ending of an image are taken, hidden ones are not', async () => {
  const folder = tree(
    ...['a.jpg', 'b.JPEG', 'c.Png', 'd.webp', 'e.bmp', 'f.tif', 'g.TIFF', 'h.avif', 'i.gif'],
    ...['.hidden.jpg', '._a.jpg', '.cache/x.jpg', 'notes.txt', 'jpg', 'x.jpg.bak', 'y.jpgs'],
  );
  const { names } = await walk(folder);
  assert.deepEqual(names, 'a.jpg b.JPEG c.Png d.webp e.bmp f.tif g.TIFF h.avif i.gif'.split(' '));
});

test('a directory sorts as its name with a slash', async () => {
  const folder = tree(
    'a/1.jpg',
    'a.jpg',
    'a!.jpg',
    'a0.jpg',
    'B.jpg',
    'a/b/2.jpg',
    'é.jpg',
    '照.jpg',
  );
  const { names, entries } = await walk(`${folder}/`);
  assert.deepEqual(names, [
    'B.jpg',
    'a!.jpg',
    'a.jpg',
    'a/1.jpg',
    'a/b/2.jpg',
    'a0.jpg',
    'é.jpg',
    '照.jpg',
  ]);
  // Paths are joined to the folder as it was given.
  assert.equal(entries[3].path.toString(), `${folder}/a/1.jpg`);
});

test('the walk is in byte order of the relative paths, whatever the tree', async () => {
  const letters = ['a', 'b', '-', '.', '!', '0', 'é', 'Z', ' ', '照'];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const name = () =>
    `n${Array.from({ length: 1 + random(3) }, () => letters[random(letters.length)]).join('')}`;
  const files = new Set<string>();
  for (let k = 0; k < 150; k += 1) {
    files.add(`${Array.from({ length: random(4) }, () => `${name()}/`).join('')}${name()}.jpg`);
  }
  const { names } = await walk(tree(...files));
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(names, sorted);
});

test('names are bytes', { skip: process.platform !== 'linux' }, async () => {
  const folder = tree('sub/a\nb.jpg');
  const strange = Buffer.from([0xff, 0x0a, ...Buffer.from('.jpg')]);
  const file = Buffer.concat([Buffer.from(`${folder}/sub/`), strange]);
  writeFileSync(file, '');
  const { entries } = await walk(folder);
  assert.deepEqual(entries[0].relative.toString(), 'sub/a\nb.jpg');
  assert.deepEqual(entries[1], {
    kind: 'file',
    path: file,
    relative: Buffer.concat([Buffer.from('sub/'), strange]),
  });
});

test('a link that leads back is counted and not followed', async () => {
  const folder = tree('sub/deep/a.jpg', 'b.jpg');
  symlinkSync('.', path.join(folder, 'self'));
  symlinkSync('..', path.join(folder, 'sub/parent'));
  symlinkSync(folder, path.join(folder, 'sub/deep/top'));
  for (const followLinks of [false, true]) {
    const { names, counts } = await walk(folder, { followLinks });
    assert.deepEqual(names, ['b.jpg', 'sub/deep/a.jpg']);
    assert.deepEqual(counts, { linksOutside: 0, linkLoops: 3 });
  }
});

test('a loop over two trees ends, and a link to a folder above ends at once', async () => {
  const folder = tree('a.jpg');
  const other = tree('o.jpg');
  symlinkSync(other, path.join(folder, 'other'));
  symlinkSync(folder, path.join(other, 'back'));
  symlinkSync('/', path.join(folder, 'everything'));
  const { names, counts } = await walk(folder, { followLinks: true });
  assert.deepEqual(names, ['a.jpg', 'other/o.jpg']);
  assert.deepEqual(counts, { linksOutside: 0, linkLoops: 2 });
});

test('links inside the tree are followed; those that lead out only when asked', async () => {
  const folder = tree('in/a.jpg', 'in/notes.txt');
  const outside = tree('o.jpg', 'deep/p.jpg', 'notes.txt');
  symlinkSync('in', path.join(folder, 'alias'));
  symlinkSync('in/a.jpg', path.join(folder, 'b.jpg'));
  symlinkSync(outside, path.join(folder, 'out'));
  symlinkSync(path.join(outside, 'o.jpg'), path.join(folder, 'z.jpg'));
  symlinkSync(path.join(outside, 'notes.txt'), path.join(folder, 'notes.txt'));
  const inside = await walk(folder);
  assert.deepEqual(inside.names, ['alias/a.jpg', 'b.jpg', 'in/a.jpg']);
  assert.deepEqual(inside.counts, { linksOutside: 3, linkLoops: 0 });
  const all = await walk(folder, { followLinks: true });
  assert.deepEqual(all.names, [
    ...['alias/a.jpg', 'b.jpg', 'in/a.jpg', 'out/deep/p.jpg', 'out/o.jpg', 'z.jpg'],
  ]);
  assert.deepEqual(all.counts, { linksOutside: 0, linkLoops: 0 });
});

test('an input folder may itself be a link', async () => {
  const folder = tree('sub/a.jpg');
  const link = `${folder}-link`;
  symlinkSync(folder, link);
  const { entries } = await walk(link);
  assert.equal(entries[0].path.toString(), `${link}/sub/a.jpg`);
});

test('a dangling link or a pipe is yielded for the reader to refuse', async () => {
  const folder = tree('a.jpg');
  symlinkSync('nowhere', path.join(folder, 'b.jpg'));
  symlinkSync('nowhere', path.join(folder, 'folder'));
  symlinkSync('c.jpg', path.join(folder, 'c.jpg'));
  const names = ['a.jpg', 'b.jpg', 'c.jpg'];
  if (process.platform !== 'win32') {
    assert.equal(spawnSync('mkfifo', [path.join(folder, 'd.jpg')]).status, 0);
    names.push('d.jpg');
  }
  assert.deepEqual((await walk(folder)).names, names);
});

test('results are not taken as input', async () => {
  const folder = tree('a.jpg', 'out/crop.jpg', 'outer/b.jpg', 'sub/c.jpg');
  symlinkSync('../out/crop.jpg', path.join(folder, 'sub/d.jpg'));
  symlinkSync('../out', path.join(folder, 'sub/results'));
  const exclude = (name: string) => ({ exclude: Buffer.from(path.join(folder, name)) });
  const { names, counts } = await walk(folder, exclude('out'));
  assert.deepEqual(names, ['a.jpg', 'outer/b.jpg', 'sub/c.jpg']);
  assert.deepEqual(counts, { linksOutside: 0, linkLoops: 0 });
  const everything = await walk(folder);
  assert.equal(everything.names.length, 6);
  // Nothing can be told apart when results go to the input folder or above it.
  assert.deepEqual((await walk(folder, exclude('.'))).names, everything.names);
  assert.deepEqual((await walk(folder, exclude('..'))).names, everything.names);
});

test('a folder without permission is reported and the walk goes on', {
  skip: process.getuid?.() === 0 || process.platform === 'win32',
}, async () => {
  const folder = tree('a.jpg', 'locked/b.jpg', 'z.jpg');
  const locked = path.join(folder, 'locked');
  chmodSync(locked, 0);
  const { entries, names } = await walk(folder);
  const refused = await userError(walk(locked));
  chmodSync(locked, 0o755);
  assert.deepEqual(names, ['a.jpg', 'locked', 'z.jpg']);
  assert.deepEqual(entries[1], {
    path: Buffer.from(locked),
    relative: Buffer.from('locked'),
    reason: 'folder cannot be read: permission denied',
  });
  assert.match(refused, /permission denied/);
});

test('a folder is read when the walk reaches it', async () => {
  const folder = tree('a.jpg', 'b/c.jpg');
  const walked = walkImages(Buffer.from(folder), { followLinks: false });
  assert.equal((await walked.next()).value?.relative.toString(), 'a.jpg');
  writeFileSync(path.join(folder, 'b/later.jpg'), '');
  assert.deepEqual(
    (await collect(walked)).map(({ relative }) => relative.toString()),
    ['b/c.jpg', 'b/later.jpg'],
  );
});

test('an input folder that is missing or no folder is a mistake of usage', async () => {
  const missing = path.join(scratch, 'no such');
  assert.equal(
    await userError(walk(missing, { option: '--input_dir' })),
    `--input_dir ${missing}: no such folder; give the folder that holds the images`,
  );
  const file = path.join(tree('a.jpg'), 'a.jpg');
  assert.match(await userError(walk(file)), /^--in_dir .*a\.jpg: is not a folder; /);
});

async function* chunks(...parts: (string | Buffer)[]) {
  for (const part of parts) yield Buffer.from(part);
}

const shown = (files: ImageFile[]) => files.map((f) => [f.path.toString(), f.relative.toString()]);

test('a list is read line by line, in its order, below the input folder', async () => {
  const list = chunks('\ufeffz.jpg\r\n\n', '  \na b', '.jpg\n./sub//c\nsub/../d.png\n', 'last');
  const files = await collect(listImages(list, { folder: Buffer.from('in/'), nul: false }));
  assert.deepEqual(shown(files), [
    ['in/z.jpg', 'z.jpg'],
    ['in/a b.jpg', 'a b.jpg'],
    ['in/sub/c', 'sub/c'],
    ['in/d.png', 'd.png'],
    ['in/last', 'last'],
  ]);
});

test('NUL-separated names may hold newlines and any bytes', async () => {
  const strange = Buffer.from([0xff, 0x0a, 0x0d]);
  const list = chunks('a\nb.jpg\0', strange, '\0\0 \0c');
  const files = await collect(listImages(list, { folder: Buffer.from('in'), nul: true }));
  assert.deepEqual(
    files.map(({ relative }) => relative),
    [Buffer.from('a\nb.jpg'), strange, Buffer.from(' '), Buffer.from('c')],
  );
});

test('an absolute path inside the input folder is fine, one that leads outside is not', async () => {
  const folder = Buffer.from('in');
  const absolute = path.resolve('in/sub/a.jpg');
  const files = await collect(listImages(chunks(absolute), { folder, nul: false }));
  assert.deepEqual(shown(files), [['in/sub/a.jpg', 'sub/a.jpg']]);
  for (const bad of ['../a.jpg', 'sub/../../a.jpg', '/etc/a.jpg', `${path.resolve('in')}2/a.jpg`]) {
    const message = await userError(
      collect(listImages(chunks(`ok.jpg\n\n${bad}\n`), { folder, nul: false })),
    );
    assert.match(message, /^--in_list: line 3 leads outside the input folder: /, bad);
    assert.ok(message.includes(bad));
  }
  const self = collect(listImages(chunks('sub/..'), { folder, nul: false }));
  assert.match(await userError(self), /line 1 names a folder/);
});

test('without an input folder, paths are as listed and seen from the current folder', async () => {
  const above = path.resolve('../x.jpg');
  const list = chunks(`./a.jpg\nsub/b.jpg\n/data/c.jpg\n../x.jpg\n${path.resolve('d.jpg')}\n`);
  assert.deepEqual(shown(await collect(listImages(list, { nul: false }))), [
    ['./a.jpg', 'a.jpg'],
    ['sub/b.jpg', 'sub/b.jpg'],
    ['/data/c.jpg', '_outside/data/c.jpg'],
    ['../x.jpg', `_outside${above}`],
    [path.resolve('d.jpg'), 'd.jpg'],
  ]);
});

test('a list of the other kind is recognised', async () => {
  const nulList = collect(listImages(chunks('a.jpg\0b.jpg\0'), { nul: false }));
  assert.match(await userError(nulList), /line 1 is not a path; add --null/);
  const endless = chunks(...Array.from({ length: 5 }, () => 'x'.repeat(30_000)));
  assert.match(await userError(collect(listImages(endless, { nul: true }))), /leave out --null/);
});

test('a list is not read ahead', async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given += 1;
      yield Buffer.from(`${given}.jpg\n`);
    }
  }
  const files = listImages(endless(), { nul: false });
  for (let k = 0; k < 10; k += 1) await files.next();
  await files.return(undefined);
  assert.ok(given <= 11, `${given} lines were read for 10`);
});

test('a list file is read from disk, and one that is missing is named', async () => {
  const file = path.join(tree('list.txt'), 'list.txt');
  writeFileSync(file, 'a.jpg\nb.jpg\n');
  assert.equal((await collect(listImages(file, { nul: false }))).length, 2);
  assert.match(
    await userError(collect(listImages('/no/list', { nul: false }))),
    /^--in_list \/no\/list: no such file/,
  );
});
