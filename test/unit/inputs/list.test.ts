import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { ImageFile } from '../../../src/inputs/input.js';
import { listImages } from '../../../src/inputs/list.js';
import { temporaryFolder } from '../../support/cli.js';
import { collect } from '../../support/collect.js';
import { userError } from '../../support/user-error.js';

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
  const file = path.join(temporaryFolder(), 'list.txt');
  writeFileSync(file, 'a.jpg\nb.jpg\n');
  assert.equal((await collect(listImages(file, { nul: false }))).length, 2);
  assert.match(
    await userError(collect(listImages('/no/list', { nul: false }))),
    /^--in_list \/no\/list: no such file/,
  );
});
