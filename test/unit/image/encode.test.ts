import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { encodeRgb } from '../../../src/image/encode.js';

/** Red and blue columns, one pixel wide: halved colour would mix them to violet. */
const width = 16;
const height = 8;
const stripes = Buffer.from(
  Array.from({ length: width * height }, (_, i) =>
    i % 2 === 0 ? [255, 0, 0] : [0, 0, 255],
  ).flat(),
);

test('PNG gives back the same pixels', async () => {
  const png = await encodeRgb({ data: stripes, width, height }, 'png', 1);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.format, info.channels, info.width], ['raw', 3, width]);
  assert.equal((await sharp(png).metadata()).format, 'png');
  assert.deepEqual(data, stripes);
});

test('JPEG keeps colour at full resolution', async () => {
  const jpeg = await encodeRgb({ data: stripes, width, height }, 'jpg', 95);
  const { format, chromaSubsampling } = await sharp(jpeg).metadata();
  assert.deepEqual([format, chromaSubsampling], ['jpeg', '4:4:4']);
  const decoded = await sharp(jpeg).raw().toBuffer();
  const worst = Math.max(...decoded.map((value, i) => Math.abs(value - stripes[i])));
  assert.ok(worst < 40, `off by ${worst}`);
});

test('a lower JPEG quality gives a smaller file', async () => {
  const noise = { data: Buffer.from(stripes.map((_, i) => (i * 7919) % 251)), width, height };
  const [fine, coarse] = [await encodeRgb(noise, 'jpg', 95), await encodeRgb(noise, 'jpg', 30)];
  assert.ok(coarse.length < fine.length);
});
