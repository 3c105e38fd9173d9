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
import { type WalkOptions, walkImages } from '../../../src/inputs/folder.js';
import { Found } from '../../../src/inputs/found.js';
import { collect } from '../../support/collect.js';
import { userError } from '../../support/user-error.js';

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

async function walk(folder: string, options: Partial<WalkOptions> = {}) {
  const found = new Found();
  const walked = walkImages(Buffer.from(folder), { followLinks: false, found, ...options });
  const entries = await collect(walked);
  const counts = { linksOutside: found.linksOutside, linkLoops: found.linkLoops };
  return { entries, counts, names: entries.map(({ relative }) => relative.toString()) };
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
    kind: 'unreadable',
    path: Buffer.from(locked),
    relative: Buffer.from('locked'),
    reason: 'folder cannot be read: permission denied',
    mayPass: true,
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
    `--input_dir "${missing}": no such folder; give the folder that holds the images`,
  );
  const file = path.join(tree('a.jpg'), 'a.jpg');
  assert.match(await userError(walk(file)), /^--in_dir .*a\.jpg: is not a folder; /);
});
