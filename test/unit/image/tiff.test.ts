import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeContent, decodeImage } from '../../../src/image/decode.js';
import { fixture } from '../../support/fixture.js';

const options = { ignoreExif: false, maxMegapixels: 933 };
const decode = (name: string) => decodeContent(readFileSync(fixture(`tiff/${name}`)), options);

test('a TIFF with private tags gives the pixels of one without', async () => {
  const [plain, tagged] = [await decode('lzw.tif'), await decode('private.tif')];
  assert.equal(plain.width, 112);
  assert.deepEqual(tagged.data, plain.data);
  assert.ok(Math.max(...plain.data) > 128);
});

for (const compression of ['deflate', 'lzw'] as const) {
  test(`a TIFF of ${compression} that is damaged within a tile is refused`, async () => {
    const size = 512;
    // Noise: a damaged tile of one colour could be decoded to the same colour.
    let seed = 1;
    const noise = Buffer.from(
      Array.from({ length: size * size * 3 }, () => {
        seed = (seed * 48271) % 2147483647;
        return seed & 0x7f;
      }),
    );
    const raw = { raw: { width: size, height: size, channels: 3 as const } };
    const tiled = { compression, tile: true, tileWidth: 128, tileHeight: 128 };
    const sound = await sharp(noise, raw).tiff(tiled).toBuffer();
    assert.equal((await decodeContent(sound, options)).width, size);
    const damaged = Buffer.from(sound);
    damaged.fill(0xff, damaged.length >> 1, (damaged.length >> 1) + 600);
    await assert.rejects(
      decodeContent(damaged, options),
      /^InputError: damaged or incomplete TIFF/,
    );
  });
}

test('TIFFs of other samples than 8-bit and 16-bit ones are refused by the name of these', async () => {
  await assert.rejects(decode('b_float_0_1.tif'), /a TIFF file of 32-bit floating-point samples/);
  await assert.rejects(decode('i16.tif'), /a TIFF file of signed 16-bit samples/);
});

test("a camera's raw file is refused by its name, for its preview is no photograph", async () => {
  const path = Buffer.from('/somewhere/IMG_1.DNG');
  await assert.rejects(decodeImage(path, options), /a camera's raw file/);
});

test('a 16-bit picture of 12 bits is told from a dark one of 8 bits and from one of 16 bits', async () => {
  const [width, height] = [16, 16];
  const png = (samples: Uint16Array | Uint8Array) =>
    sharp(samples, { raw: { width, height, channels: 1 } })
      .toColourspace(samples instanceof Uint16Array ? 'grey16' : 'b-w')
      .png()
      .toBuffer();
  const isTwelveBit = async (samples: Uint16Array | Uint8Array) =>
    (await decodeContent(await png(samples), options)).isTwelveBit ?? false;
  const ramp = (most: number) =>
    Uint16Array.from({ length: width * height }, (_, i) => (i * most) / 255);
  assert.equal(await isTwelveBit(ramp(4095)), true);
  assert.equal(await isTwelveBit(ramp(65535)), false);
  assert.equal(await isTwelveBit(new Uint8Array(width * height).fill(9)), false);
});
