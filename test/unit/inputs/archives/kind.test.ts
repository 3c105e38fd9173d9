import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openArchive } from '../../../../src/inputs/archives/archive.js';
import { zipArchive } from './make-archives.js';
import { dataset, OPTIONS, scratchFolder } from './read-archive.js';

const write = scratchFolder();

async function kindOf(contents: Uint8Array): Promise<string | undefined> {
  return (await openArchive(write('no-ending', contents), OPTIONS))?.kind;
}

test('the content tells the kind, whatever the name', async () => {
  const kinds = ['ustar.tar', 'faces.tar.gz', 'stored.zip', 'plain.rec', 'hub.parquet'];
  const found = [];
  for (const file of kinds) found.push(await kindOf(readFileSync(dataset(file))));
  assert.deepEqual(found, ['tar', 'tar.gz', 'zip', 'recordio', 'parquet']);
});

test('images, texts, other gzip files and nothing are no archives', async () => {
  const face = readFileSync(dataset('folder/000/1020.jpg'));
  const zip = zipArchive([{ name: 'a.jpg', data: face }]);
  assert.equal(await kindOf(face), undefined);
  assert.equal(await kindOf(Buffer.concat([face, zip])), undefined);
  assert.equal(await kindOf(Buffer.from('path,label\n'.repeat(100))), undefined);
  assert.equal(await kindOf(gzipSync('a text')), undefined);
  assert.equal(await kindOf(Buffer.from([0x1f, 0x8b, 8])), undefined);
  assert.equal(await kindOf(Buffer.alloc(0)), undefined);
  assert.equal(await kindOf(Buffer.from('PAR')), undefined);
});

test('archives of other kinds are refused with a remedy', async () => {
  const starts = {
    '7-Zip': '7z\xbc\xaf\x27\x1c',
    RAR: 'Rar!\x1a\x07\0',
    xz: '\xfd7zXZ\0',
    bzip2: 'BZh91AY',
    Zstandard: '\x28\xb5\x2f\xfd',
    HDF5: '\x89HDF\r\n\x1a\n',
  };
  for (const [kind, start] of Object.entries(starts)) {
    await assert.rejects(
      kindOf(Buffer.from(`${start}${'\0'.repeat(20)}`, 'latin1')),
      new RegExp(`no-ending: ${kind} archives are not read\\. Unpack it`),
    );
  }
});

test('a folder is no archive, and a missing file is an error of the file system', async () => {
  const folder = join(dirname(write('x', Buffer.alloc(0))), 'folder.tar');
  mkdirSync(folder);
  assert.equal(await openArchive(folder, OPTIONS), undefined);
  await assert.rejects(openArchive(`${folder}.gone`, OPTIONS), { code: 'ENOENT' });
});
