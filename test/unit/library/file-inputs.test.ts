/** Objects with a path, of users and of walkImages, as images. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { align, walkImages } from 'facecls';
import { temporaryFolder } from '../../support/cli.js';
import { collect } from '../../support/collect.js';
import { SMALL, sample, used } from '../../support/library.js';

test('an image is read whatever other properties it has', async () => {
  const file = sample(SMALL[0]);
  const images = [
    { path: file, reason: 'smiles' },
    { path: file, reason: null },
    { path: file, kind: 'unreadable', mayPass: true },
  ];
  for (const { faces } of await used(align(images))) assert.equal(faces.length, 1);
});

test('a folder that walkImages cannot read fails with its reason, copied or not', async () => {
  const folder = temporaryFolder();
  const gone = path.join(folder, 'gone');
  copyFileSync(sample(SMALL[0]), path.join(folder, 'a.jpg'));
  mkdirSync(gone);
  async function* images() {
    for await (const image of walkImages(folder)) {
      rmSync(gone, { recursive: true, force: true });
      yield image;
      yield { ...image, id: 7 };
    }
  }
  const [, , ...failed] = await collect(align(images()));
  assert.equal(failed.length, 2);
  for (const { input, reason } of failed) {
    assert.equal(String(input.path), gone);
    assert.equal(reason, 'folder cannot be read: no such file or folder');
    assert.equal(reason, input.reason);
  }
});
