/** Shares of classes are of faces, not of photographs: the summary says of how many. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { facecls, temporaryFolder } from '../support/cli.js';
import { samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();

test('the summary says of how many faces in how many photographs it counts classes', async () => {
  const photographs = path.join(folder, 'photographs');
  mkdirSync(photographs);
  const sky = { width: 300, height: 200, channels: 3, background: '#88aaff' } as const;
  for (const name of ['a.png', 'b.png', 'c.png']) {
    await sharp({ create: sky }).toFile(path.join(photographs, name));
  }
  writeFileSync(path.join(photographs, 'd.png'), 'no picture');
  const run = async (name: string) => {
    const args = ['run', '--input_dir', photographs, '--output_dir', path.join(folder, name)];
    const { code, stdout, stderr } = await facecls(args);
    assert.equal(code, 3, stderr);
    return stdout;
  };
  const none =
    /^run: 4 images, 0 faces, 3 without a face, .* of 0 faces in 0 photographs, 1 failed/;
  assert.match(await run('none'), none);
  copyFileSync(path.join(samplePhotographs(), 'sample2.jpg'), path.join(photographs, 'e.jpg'));
  const one = /^run: 5 images, 1 face, 3 without a face, .* of 1 face in 1 photograph, 1 failed/;
  assert.match(await run('one'), one);
});
