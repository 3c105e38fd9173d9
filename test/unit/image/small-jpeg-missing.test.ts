import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeContent } from '../../../src/image/decode.js';
import { plainJpegSize } from '../../../src/image/small-jpeg.js';
import { fixture } from '../../support/fixture.js';

test('without its WebAssembly decoder a small JPEG is decoded by sharp, to the same pixels', async () => {
  const crop = readFileSync(fixture('align/crops/upstream/sample1.jpg_0.png'));
  const jpeg = await sharp(crop).jpeg({ quality: 95 }).toBuffer();
  assert.ok(plainJpegSize(jpeg, false) !== undefined);
  const require = createRequire(import.meta.url);
  const module = require.resolve('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs');
  let asked = 0;
  const broken = () => {
    asked += 1;
    return Promise.reject(new Error('no WebAssembly'));
  };
  require.cache[module] = { exports: broken } as NodeJS.Module;
  const expected = await sharp(jpeg).raw().toBuffer();
  for (let i = 0; i < 2; i++) {
    const { data, width, height } = await decodeContent(jpeg, {
      ignoreExif: false,
      maxMegapixels: 1,
    });
    assert.deepEqual([width, height], [112, 112]);
    assert.ok(expected.equals(data));
  }
  assert.equal(asked, 1);
});
