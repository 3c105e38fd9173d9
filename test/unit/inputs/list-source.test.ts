import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isReadOnce, listImages } from '../../../src/inputs/list.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();

async function* chunks(...parts: (string | Buffer)[]) {
  for (const part of parts) yield Buffer.from(part);
}

async function listed(
  source: AsyncIterable<Uint8Array>,
  options: Partial<Parameters<typeof listImages>[1]> = {},
): Promise<string[][]> {
  const files: string[][] = [];
  for await (const { path: file, relative } of listImages(source, { nul: false, ...options })) {
    files.push([file.toString(), relative.toString()]);
  }
  return files;
}

test('standard input and pipes can be read once, files again', {
  skip: process.platform === 'win32',
}, () => {
  const file = path.join(scratch, 'list.txt');
  writeFileSync(file, 'a.jpg\n');
  const pipe = path.join(scratch, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  assert.deepEqual(['-', pipe, file, path.join(scratch, 'none')].map(isReadOnce), [
    ...[true, true, false, false],
  ]);
});

test('a list in UTF-16 is named so, with a byte order mark and without', async () => {
  const text = Buffer.from('\ufeffa.jpg\r\nb.jpg\r\n', 'utf16le');
  for (const list of [text, text.subarray(2), Buffer.from(text).swap16()]) {
    await assert.rejects(listed(chunks(list)), /^UserError: --in_list: the list is UTF-16 text; /);
    await assert.rejects(listed(byteByByte(list)), /UTF-16/);
  }
});

async function* byteByByte(bytes: Buffer) {
  for (const byte of bytes) yield Buffer.from([byte]);
}

test('a listed path may not begin as the results of files outside do', async () => {
  await assert.rejects(
    listed(chunks('a.jpg\n_outside/x/p.jpg\n')),
    /line 2 begins with _outside\//,
  );
  assert.deepEqual(await listed(chunks('_outside/p.jpg'), { folder: Buffer.from('in') }), [
    ['in/_outside/p.jpg', '_outside/p.jpg'],
  ]);
});

test('on Windows a path with a drive is absolute, and backslashes part names', async () => {
  const windows = { separator: '\\' } as const;
  assert.deepEqual(await listed(chunks('C:\\a\\b.jpg\r\nd:/c.jpg\r\nsub\\d.jpg\r\n'), windows), [
    ['C:\\a\\b.jpg', '_outside/C/a/b.jpg'],
    ['d:/c.jpg', '_outside/D/c.jpg'],
    ['sub\\d.jpg', 'sub/d.jpg'],
  ]);
  const folder = Buffer.from('C:\\data');
  assert.deepEqual(await listed(chunks('c:\\data\\sub\\a.jpg'), { ...windows, folder }), [
    ['C:\\data/sub/a.jpg', 'sub/a.jpg'],
  ]);
  await assert.rejects(listed(chunks('D:\\data\\a.jpg'), { ...windows, folder }), /leads outside/);
});
