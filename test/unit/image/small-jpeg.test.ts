import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeSmallJpeg, plainJpegSize } from '../../../src/image/small-jpeg.js';

/** Deterministic noise over a gradient, so that no block is flat. */
function picture(width: number, height: number, channels: 1 | 3 | 4 = 3) {
  let state = width * 7919 + height;
  const data = Buffer.from(
    Array.from({ length: width * height * channels }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (((i / channels) % width) + (state >>> 26)) & 255;
    }),
  );
  return sharp(data, { raw: { width, height, channels } });
}

test('plain files give the pixels that sharp gives, to the bit', async () => {
  let count = 0;
  for (const [width, height] of [
    [112, 112],
    [1, 1],
    [17, 9],
    [8, 250],
    [256, 256],
  ]) {
    for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
      for (const quality of [5, 75, 95, 100]) {
        const content = await picture(width, height)
          .jpeg({ quality, chromaSubsampling, optimizeCoding: quality !== 75 })
          .toBuffer();
        const decoded = await decodeSmallJpeg(content, false);
        assert.ok(decoded, `${width}x${height} ${chromaSubsampling} ${quality}`);
        assert.deepEqual([decoded.width, decoded.height], [width, height]);
        assert.ok(Buffer.from(decoded.data).equals(await sharp(content).raw().toBuffer()));
        count += 1;
      }
    }
  }
  assert.equal(count, 40);
});

test('files that something makes special are left to the general decoder', async () => {
  const plain = picture(112, 112);
  const jpeg = (options = {}) => plain.clone().jpeg(options).toBuffer();
  const cases: Record<string, Buffer> = {
    progressive: await jpeg({ progressive: true }),
    grey: await picture(112, 112, 1).toColourspace('b-w').jpeg().toBuffer(),
    CMYK: await plain.clone().toColourspace('cmyk').jpeg().toBuffer(),
    Exif: await plain.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    large: await picture(257, 256).jpeg().toBuffer(),
    'cut short': (await jpeg()).subarray(0, 300),
  };
  for (const [name, content] of Object.entries(cases)) {
    assert.equal(plainJpegSize(content, false), undefined, name);
  }
  assert.deepEqual(plainJpegSize(cases.Exif, true), { width: 112, height: 112 });
  assert.deepEqual(plainJpegSize(await jpeg(), false), { width: 112, height: 112 });
});

test('damaged data is left to the general decoder, and the next file is read as ever', async () => {
  const content = await picture(112, 112).jpeg().toBuffer();
  const expected = await sharp(content).raw().toBuffer();
  const missingEnd = content.subarray(0, content.length - 200);
  assert.ok(plainJpegSize(missingEnd, false));
  for (let i = 0; i < 3; i++) {
    assert.equal(await decodeSmallJpeg(missingEnd, false), undefined);
    const decoded = await decodeSmallJpeg(content, false);
    assert.ok(decoded && Buffer.from(decoded.data).equals(expected));
  }
});

/** Empty where sharp cannot tell it. */
async function sizeInSharp(content: Buffer): Promise<{ width?: number; height?: number }> {
  return sharp(content)
    .metadata()
    .catch(() => ({}));
}

test('no header however damaged is taken for one of another size', async () => {
  const content = await picture(40, 30).jpeg().toBuffer();
  for (let at = 2; at < Math.min(content.length, 700); at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const damaged = Buffer.from(content);
      damaged[at] = value;
      const size = plainJpegSize(damaged, false);
      if (size === undefined) continue;
      const { width, height } = await sizeInSharp(damaged);
      // What is decoded has the size that was read, so only another one can do harm.
      if (size.width === width && size.height === height) continue;
      assert.equal(await decodeSmallJpeg(damaged, false), undefined, `byte ${at} = ${value}`);
    }
  }
});
