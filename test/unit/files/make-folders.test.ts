import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { makeFolders } from '../../../src/files/make-folders.js';
import { temporaryFolder } from '../../support/cli.js';

const folder = temporaryFolder();

test('folders that several make at the same time are made', async () => {
  for (let round = 0; round < 40; round++) {
    const top = path.join(folder, String(round));
    const deep = path.join(top, ...Array.from({ length: 12 }, (_, level) => `level${level}`));
    const other = path.join(path.dirname(deep), 'other');
    await Promise.all(
      [deep, other, deep, path.dirname(deep), deep].map((made) => makeFolders(Buffer.from(made))),
    );
    for (const made of [deep, other]) assert.ok(statSync(made).isDirectory());
  }
});

test('a folder that cannot be made is an error', {
  skip: process.platform !== 'linux',
}, async () => {
  await assert.rejects(makeFolders(Buffer.from('/proc/facecls/below')), { code: 'ENOENT' });
});
