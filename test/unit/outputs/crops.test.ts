import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cropPath } from '../../../src/outputs/crops.js';

test('on Windows a crop stays in its folder, whatever its photograph is called in an archive', () => {
  const files = { folder: Buffer.from('out'), format: 'jpg', quality: 95 } as const;
  const pathOn = (platform: NodeJS.Platform, name: string) =>
    cropPath(files, Buffer.from(name), 0, platform).toString();
  assert.equal(pathOn('linux', 'a/..\\..\\up.jpg'), 'out/a/..\\..\\up.jpg_0.jpg');
  assert.equal(pathOn('win32', 'a/..\\..\\up.jpg'), 'out/a/.._.._up.jpg_0.jpg');
  assert.equal(pathOn('win32', 'C:\\x.jpg'), 'out/C__x.jpg_0.jpg');
});
