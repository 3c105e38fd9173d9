/** Files made to deceive: too large, of several frames, of several formats at once. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { constants, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { decodeImage } from '../../src/image/decode.js';
import { temporaryFolder } from '../support/cli.js';
import { BMP, everyFormat, type NamedFile, pngChunk, withSize } from '../support/damaged-files.js';
import { fixture, jsonFixture } from '../support/fixture.js';
import { folderOf, infer, names } from '../support/infer-damaged.js';

const folder = temporaryFolder();
const crop = readFileSync(fixture('align/crops/upstream/sample2.jpg_0.png'));
const newFolder = (name: string, files: readonly NamedFile[]) =>
  folderOf(path.join(folder, name), files);

test('the limit in megapixels holds to the pixel, in every format', async () => {
  const options = { ignoreExif: false, maxMegapixels: 0.01 };
  const input = newFolder('limit', []);
  for (const [side, refused] of [
    [100, false],
    [101, true],
  ] as const) {
    for (const { name, content } of await everyFormat(crop, side)) {
      const file = path.join(input, name);
      writeFileSync(file, content);
      const decoding = decodeImage(Buffer.from(file), options);
      if (refused)
        await assert.rejects(
          decoding,
          /^InputError: 101x101 is .*: more than --max_megapixels 0.01; raise it/,
          name,
        );
      else assert.equal((await decoding).width, side, name);
    }
  }
});

test('decompression bombs and absurd dimensions are refused from their headers', async () => {
  const good = await everyFormat(crop, 48);
  const sides: Record<string, number> = { jpg: 65500, png: 100_000, gif: 65535, tif: 100_000 };
  const huge = good.flatMap(({ name, content }) => {
    const side = sides[path.extname(name).slice(1)];
    return side === undefined
      ? []
      : [{ name: `huge-${name}`, content: withSize(content, side, side) }];
  });
  // Of 117 and 3 kB; unpacked they are 2.9 and 5.5 GB of RGB.
  const bombs = [
    { name: 'bomb.png', content: flatPng(31_000, 31_000) },
    {
      name: 'bomb.gif',
      content: withSize(good.find(({ name }) => name === 'single.gif')!.content, 43_000, 43_000),
    },
  ];
  // More than the format or its decoder allows.
  const absurd = [...good, BMP].map(({ name, content }) => ({
    name: `absurd-${name}`,
    content: withSize(content, 2 ** 31 - 1, 2 ** 31 - 1),
  }));
  const nothing = good.map(({ name, content }) => ({
    name: `nothing-${name}`,
    content: withSize(content, 0, 0),
  }));
  // A few kB of text that unpack to 100 MB, in a chunk that no pixel needs.
  const png = good.find(({ name }) => name === 'rgb.png')!.content;
  const text = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(1e8))]);
  const textBomb = Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', text), png.subarray(33)]);
  const files = [...huge, ...bombs, ...absurd, ...nothing];
  const input = newFolder('bombs', [...files, { name: 'text.png', content: textBomb }, ...good]);
  const { predicted, failed } = await infer(input);
  for (const { name } of good) assert.ok(predicted.has(name), name);
  assert.equal(predicted.size + failed.size, files.length + 1 + good.length);
  for (const { name, content } of huge) {
    const { width } = await sharp(content, { limitInputPixels: false, failOn: 'none' }).metadata();
    const reason = `${width}x${width} is ${((width * width) / 1e6).toFixed(1)} megapixels: more than --max_megapixels 12; raise it to take such images`;
    assert.equal(failed.get(name), reason, name);
  }
  assert.match(failed.get('bomb.png')!, /^31000x31000 is 961.0 megapixels: more than /);
  assert.match(failed.get('bomb.gif')!, /^43000x43000 is 1849.0 megapixels: more than /);
  for (const { name } of [...absurd, ...nothing]) {
    // A GIF of no width is taken to be as wide as its pixels.
    if (/^nothing-.*\.gif$/.test(name) && predicted.has(name)) continue;
    assert.match(failed.get(name) ?? 'predicted', /damaged|more than|not an image/, name);
  }
});

/** A black PNG with all its data: rows of zeros become a thousand times smaller. */
function flatPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  // One bit a pixel, and a byte for the filter of each row.
  const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height), {
    strategy: constants.Z_RLE,
  });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', rows),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

test('the first of several frames or pages counts, as Pillow reads it', async () => {
  const expected = jsonFixture('images/expected.json');
  const files: NamedFile[] = [];
  for (const name of ['two_frames.gif', 'two_frames.webp', 'two_pages.tif']) {
    const { width, height, rgb } = expected[name];
    const pixels = sharp(Buffer.from(rgb, 'base64'), { raw: { width, height, channels: 3 } });
    files.push({ name, content: readFileSync(fixture(`images/${name}`)) });
    files.push({ name: `${name}.png`, content: await pixels.png().toBuffer() });
  }
  // A film of 500 pictures, each another grey.
  const frames = Array.from({ length: 500 }, (_, i) => Buffer.alloc(64 * 64 * 3, 20 + (i % 200)));
  const film = sharp(Buffer.concat(frames), {
    raw: { width: 64, height: 64 * frames.length, channels: 3, pageHeight: 64 },
  });
  files.push({ name: 'film.gif', content: await film.gif({ effort: 1 }).toBuffer() });
  const first = sharp(frames[0], { raw: { width: 64, height: 64, channels: 3 } });
  files.push({ name: 'film.gif.png', content: await first.png().toBuffer() });

  const { code, predicted } = await infer(newFolder('frames', files));
  assert.equal(code, 0);
  for (const [name, { African }] of predicted) {
    const flat = predicted.get(`${name}.png`);
    if (flat) assert.ok(Math.abs(African - flat.African) < 1e-5, name);
  }
  assert.equal(predicted.size, 8);
});

test('a polyglot that begins as an accepted image is read as that, and all others are refused', async () => {
  const formats = new Map(
    (await everyFormat(crop, 48)).map(({ name, content }) => [name, content]),
  );
  const [jpeg, png, gif, tiff] = ['baseline.jpg', 'rgb.png', 'single.gif', 'plain.tif'].map(
    (name) => formats.get(name)!,
  );
  const zip = Buffer.from('PK\x05\x06'.padEnd(22, '\0'), 'latin1');
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  const page = Buffer.from('<!DOCTYPE html><script>alert(1)</script>');
  const read: [name: string, like: string, content: Buffer][] = [
    ['zip.jpg', 'baseline.jpg', Buffer.concat([jpeg, zip])],
    ['page.jpg', 'baseline.jpg', Buffer.concat([jpeg, page])],
    ['second.jpg', 'baseline.jpg', Buffer.concat([jpeg, png])],
    [
      'comment.jpg',
      'baseline.jpg',
      Buffer.concat([jpeg.subarray(0, 2), comment(page), jpeg.subarray(2)]),
    ],
    ['php.png', 'rgb.png', Buffer.concat([png, Buffer.from('<?php phpinfo();')])],
    ['zip.gif', 'single.gif', Buffer.concat([gif, zip])],
    ['zip.tif', 'plain.tif', Buffer.concat([tiff, zip])],
    ['png-named.jpg', 'rgb.png', png],
  ];
  const refused: [name: string, content: Buffer | string][] = [
    ['pdf.jpg', Buffer.concat([Buffer.from('%PDF-1.7\n'), jpeg])],
    ['zip-first.png', Buffer.concat([zip, png])],
    ['newline.jpg', Buffer.concat([Buffer.from('\n'), jpeg])],
    ['svg.png', svg],
    ['script.gif', 'GIF89a=1;alert(1)'],
    // libvips would draw this one.
    ['svg.avif', `<!--ftypavif-->${svg}`],
    ['svg.gif', `GIF80${svg}`],
    ['svg.webp', `RIFF    WEBP${svg}`],
    ['film.avif', Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42'.padEnd(64, '\0'), 'latin1')],
  ];
  const input = newFolder('polyglots', [
    ...read.map(([name, , content]) => ({ name, content })),
    ...refused.map(([name, content]) => ({ name, content: Buffer.from(content) })),
    ...[...formats].map(([name, content]) => ({ name, content })),
  ]);
  const { predicted, failed } = await infer(input);
  assert.deepEqual(names(failed.keys()), names(refused.map(([name]) => name)));
  for (const [name, like] of read) {
    const difference = predicted.get(name)!.African - predicted.get(like)!.African;
    assert.ok(Math.abs(difference) < 1e-5, name);
  }
});

/** A comment segment of a JPEG. */
function comment(text: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xfe]), length, text]);
}
