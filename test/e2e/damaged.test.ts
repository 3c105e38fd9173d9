/** Files damaged by chance and by design, through the commands: one bad file costs nothing but itself. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { constants, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { decodeImage } from '../../src/image/decode.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import {
  BMP,
  damagedFiles,
  everyFormat,
  type NamedFile,
  pngChunk,
  seededRandom,
  withSize,
  withTag,
} from '../support/damaged-files.js';
import { fixture, jsonFixture, samplePhotographs } from '../support/fixture.js';

const SEED = 20231002;
const folder = temporaryFolder();
const crop = readFileSync(fixture('align/crops/upstream/sample2.jpg_0.png'));

function newFolder(name: string, files: readonly NamedFile[]): string {
  const made = path.join(folder, name);
  mkdirSync(made);
  for (const { name: file, content } of files) writeFileSync(path.join(made, file), content);
  return made;
}

/** `good` once for every so many of `damaged`, between them in the order of names. */
function mixed(good: readonly NamedFile[], damaged: readonly NamedFile[], every: number) {
  const between = damaged
    .filter((_, index) => index % every === 0)
    .map(({ name }, index) => {
      const { name: goodName, content } = good[index % good.length];
      return { name: `${name.slice(0, 5)}-good-${goodName}`, content };
    });
  return [...damaged, ...between];
}

interface Prediction {
  readonly path: string;
  readonly label: string;
  readonly African: number;
}

interface Inferred {
  readonly code: number | null;
  readonly stderr: string;
  /** By the file's name. */
  readonly predicted: Map<string, Prediction>;
  /** Reasons by the file's name. */
  readonly failed: Map<string, string>;
}

async function infer(input: string, options: readonly string[] = []): Promise<Inferred> {
  const out = `${input}-out`;
  const { code, stderr } = await facecls([
    ...['infer', '--input_dir', input, '--output_dir', out, '--format', 'txt,jsonl', ...options],
  ]);
  assert.ok(code === 0 || code === 3, `${code}: ${stderr}`);
  const lines = (file: string) => {
    const text = readFileSync(path.join(out, file), 'utf8');
    assert.ok(text === '' || text.endsWith('\n'), file);
    return text.split('\n').slice(0, -1);
  };
  const predictions: Prediction[] = lines('predictions.jsonl').map((line) => JSON.parse(line));
  assert.deepEqual(
    lines('pred_ethnicities.txt'),
    predictions.map(({ path: file, label }) => `${file} ${label}`),
  );
  const failures = code === 3 ? lines('failed.txt').map((line) => line.split('\t')) : [];
  for (const fields of failures) {
    assert.equal(fields.length, 2, fields.join());
    // One line of readable words, and never the loss of a whole process.
    assert.match(fields[1], /^[\x20-\x7e]{6,300}$/);
    assert.doesNotMatch(fields[1], /the process that worked on it ended/, fields[0]);
  }
  const predicted = new Map(predictions.map((row) => [path.basename(row.path), row]));
  const failed = new Map(failures.map(([file, reason]) => [path.basename(file), reason]));
  assert.equal(predicted.size + failed.size, predictions.length + failures.length);
  return { code, stderr, predicted, failed };
}

function names(files: Iterable<string>): string[] {
  return [...files].sort();
}

test('1,216 damaged files: infer neither crashes nor hangs, lists each, and knows all others', async (t) => {
  const good = await everyFormat(crop, 48);
  const damaged = damagedFiles([...good, BMP], 1216, seededRandom(SEED));
  const all = mixed(good, damaged, 10);
  // Damaged headers may ask for large images; those would only take time.
  const options = ['--max_megapixels', '0.05'];
  const alone = await infer(newFolder('good', good), options);
  assert.equal(alone.code, 0, alone.stderr);
  assert.equal(alone.predicted.size, good.length);
  // Other forms of the same pixels: what they get without the damaged files is right.
  for (const form of ['interlaced.png', 'plain.tif', 'lzw.tif', 'tiles.tif', 'lossless.webp']) {
    const difference = alone.predicted.get(form)!.African - alone.predicted.get('rgb.png')!.African;
    assert.ok(Math.abs(difference) < 1e-5, form);
  }

  const { code, predicted, failed } = await infer(newFolder('damaged', all), options);
  assert.equal(code, 3);
  assert.deepEqual(
    names([...predicted.keys(), ...failed.keys()]),
    names(all.map(({ name }) => name)),
  );
  for (const { name } of all) {
    const [, goodName] = name.split('-good-');
    if (goodName === undefined) continue;
    const [found, expected] = [predicted.get(name), alone.predicted.get(goodName)];
    assert.equal(found?.label, expected?.label, name);
    assert.ok(Math.abs(found!.African - expected!.African) < 1e-5, name);
  }
  // Damage that nothing notices is the exception (a flipped bit among uncompressed pixels).
  assert.ok(failed.size > damaged.length / 2, `${failed.size}`);
  t.diagnostic(`${failed.size} of ${damaged.length} damaged files are listed as failed`);
});

test('damage in files that are too large as well does not end the run', async () => {
  const good = await everyFormat(crop, 48);
  const small = await everyFormat(crop, 16);
  const damaged = damagedFiles(good, 576, seededRandom(SEED + 1));
  // More channels than sharp takes: of this one it does not even tell the size.
  const channels = withTag(good.find(({ name }) => name === 'plain.tif')!.content, 277, 7);
  const all = [...mixed(small, damaged, 32), { name: 'channels.tif', content: channels }];
  const limit = ['--max_megapixels', '0.0005'];
  const { predicted, failed } = await infer(newFolder('too-large', all), limit);
  assert.equal(predicted.size + failed.size, all.length);
  for (const { name } of all) if (name.includes('-good-')) assert.ok(predicted.has(name), name);
  const reasons = [...failed.values()];
  assert.ok(
    reasons.filter((reason) => /more than --max_megapixels 0.0005/.test(reason)).length > 9,
  );
  assert.equal(
    failed.get('channels.tif'),
    'more pixels than --max_megapixels 0.0005; raise it to take such images',
  );
});

test('144 damaged photographs: align cuts a face out of every undamaged one', async () => {
  const photograph = readFileSync(path.join(samplePhotographs(), 'sample2.jpg'));
  const good = await everyFormat(photograph, 240);
  const all = mixed(good, damagedFiles(good, 144, seededRandom(SEED + 2)), 8);
  const input = newFolder('photographs', all);
  const out = path.join(folder, 'aligned');
  const { code, stderr } = await facecls([
    ...['align', '--in_dir', input, '--out_dir', out, '--min_face_size', '40'],
    ...['--max_megapixels', '0.1'],
  ]);
  assert.equal(code, 3, stderr);
  const rows = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const listed = new Set(rows.map(({ source }) => path.basename(source)));
  assert.deepEqual(names(listed), names(all.map(({ name }) => name)));
  for (const { name } of all) {
    if (!name.includes('-good-')) continue;
    const row = rows.find(({ source }) => path.basename(source) === name);
    assert.equal(row.face, 0, name);
    const { width, height } = await sharp(row.crop).metadata();
    assert.deepEqual([width, height], [112, 112]);
  }
  for (const { status, reason } of rows) {
    if (status === 'unreadable') assert.match(reason, /^[\x20-\x7e]{6,300}$/);
  }
});

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

test('of several frames or pages the first counts, as Pillow reads it', async () => {
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

test('polyglots: what begins as an accepted image is read as that, all else is refused', async () => {
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
