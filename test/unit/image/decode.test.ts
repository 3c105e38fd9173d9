import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { InputError } from '../../../src/files/errors.js';
import { decodeImage } from '../../../src/image/decode.js';
import type { RgbImage } from '../../../src/image/image.js';
import { fixture, jsonFixture, samplePhotographs } from '../../support/fixture.js';

const folder = mkdtempSync(path.join(tmpdir(), 'facecls-decode-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const options = { ignoreExif: false, maxMegapixels: 933 };
const decode = (file: string, change = {}) =>
  decodeImage(Buffer.from(file), { ...options, ...change });
const image = (name: string) => fixture(`images/${name}`);

function written(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The reason `file` is refused for: one line that does not name the file. */
async function refusal(file: string, change = {}): Promise<string> {
  const error = await decode(file, change).then(
    () => assert.fail(`${file} was decoded`),
    (thrown) => thrown,
  );
  assert.ok(error instanceof InputError, String(error));
  assert.doesNotMatch(error.message, /\n|facecls-decode/);
  return error.message;
}

function pixel({ data, width }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

test('every kind of image gives the pixels that Pillow gives', async (t) => {
  const expected = jsonFixture('images/expected.json');
  assert.ok(Object.keys(expected).length >= 16);
  for (const [name, { width, height, rgb }] of Object.entries<{
    width: number;
    height: number;
    rgb: string;
  }>(expected)) {
    await t.test(name, async () => {
      const decoded = await decode(image(name));
      assert.deepEqual([decoded.width, decoded.height], [width, height]);
      assert.equal(Buffer.from(decoded.data).toString('base64'), rgb);
    });
  }
});

test('photographs are read bit for bit as Pillow reads them', async () => {
  const hashes = jsonFixture('images/samples.json');
  for (let k = 1; k <= 6; k += 1) {
    const { data } = await decode(path.join(samplePhotographs(), `sample${k}.jpg`), {
      ignoreExif: true,
    });
    assert.equal(createHash('sha256').update(data).digest('hex'), hashes[`sample${k}.jpg`]);
  }
});

test('CMYK gives the colours of its inks', async () => {
  const decoded = await decode(image('cmyk.jpg'));
  assert.deepEqual([decoded.width, decoded.height, decoded.data.length], [96, 16, 96 * 16 * 3]);
  const [paper, cyan, magenta, yellow, black, half] = [0, 1, 2, 3, 4, 5].map((patch) =>
    pixel(decoded, patch * 16 + 8, 8),
  );
  const [red, green, blue] = [0, 1, 2];
  for (const c of [red, green, blue]) assert.ok(paper[c] > 250, `paper ${paper}`);
  assert.ok(cyan[red] + 100 < Math.min(cyan[green], cyan[blue]), `cyan ${cyan}`);
  assert.ok(magenta[green] + 100 < Math.min(magenta[red], magenta[blue]), `magenta ${magenta}`);
  assert.ok(yellow[blue] + 100 < Math.min(yellow[red], yellow[green]), `yellow ${yellow}`);
  for (const c of [red, green, blue]) {
    assert.ok(black[c] < 60, `black ${black}`);
    assert.ok(half[c] > 100 && half[c] < 180, `half ${half}`);
  }
});

test('AVIF is read', async () => {
  const file = written('a.avif', await sharp(image('cmyk.jpg')).avif({ quality: 90 }).toBuffer());
  const decoded = await decode(file);
  assert.deepEqual([decoded.width, decoded.height, decoded.data.length], [96, 16, 96 * 16 * 3]);
});

test('EXIF orientation turns the pixels upright unless it is ignored', async () => {
  // Corners as stored: A B above, C D below. Upright by the EXIF standard, which gives for each
  // orientation the visual sides of the stored first row and first column.
  const upright = ['ABCD', 'BADC', 'DCBA', 'CDAB', 'ACBD', 'CADB', 'DBCA', 'BDAC'];
  const level: Record<string, number> = { A: 20, B: 90, C: 160, D: 230 };
  const letters = (img: RgbImage) => {
    const [right, bottom] = [img.width - 1, img.height - 1];
    return [
      pixel(img, 0, 0),
      pixel(img, right, 0),
      pixel(img, 0, bottom),
      pixel(img, right, bottom),
    ]
      .map(([red]) => 'ABCD'.split('').find((letter) => Math.abs(level[letter] - red) < 10))
      .join('');
  };
  const [width, height] = [32, 16];
  const stored = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const letter = 'ABCD'[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)];
      stored.fill(level[letter], (y * width + x) * 3, (y * width + x + 1) * 3);
    }
  }
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    const jpeg = await sharp(stored, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 100 })
      .toBuffer();
    const file = written(`exif${orientation}.jpg`, jpeg);
    const turned = await decode(file);
    assert.equal(letters(turned), upright[orientation - 1], `orientation ${orientation}`);
    assert.equal(turned.width, orientation < 5 ? width : height);
    const asStored = await decode(file, { ignoreExif: true });
    assert.equal(letters(asStored), 'ABCD', `orientation ${orientation}, ignored`);
    assert.equal(asStored.width, width);
  }
});

test('an image cut short is refused, in every format', async () => {
  for (const name of [
    'rgb.jpg',
    'progressive.jpg',
    'rgba.png',
    'two_frames.webp',
    'two_pages.tif',
  ]) {
    const whole = readFileSync(image(name));
    for (const share of [0.3, 0.5]) {
      const cut = written(`cut${share}_${name}`, whole.subarray(0, whole.length * share));
      assert.match(await refusal(cut), /^damaged or incomplete (JPEG|PNG|WebP|TIFF) data \(.+\)$/);
    }
  }
  const gif = readFileSync(image('two_frames.gif'));
  assert.match(await refusal(written('cut.gif', gif.subarray(0, 900))), /incomplete GIF/);
  const jpeg = readFileSync(image('rgb.jpg'));
  assert.match(await refusal(written('cut.jpg', jpeg.subarray(0, -20))), /incomplete JPEG/);
});

test('a harmless fault does not cost the image', async () => {
  const jpeg = readFileSync(image('rgb.jpg'));
  const end = jpeg.length - 2;
  const extraneous = [jpeg.subarray(0, end), Buffer.alloc(18, 1), jpeg.subarray(end)];
  const decoded = await decode(written('extraneous.jpg', Buffer.concat(extraneous)));
  assert.deepEqual(decoded.data, (await decode(image('rgb.jpg'))).data);
});

test('content decides, not the name', async () => {
  const png = readFileSync(image('rgba.png'));
  const decoded = await decode(written('png-inside.jpg', png));
  assert.equal(decoded.width, 16);
  assert.match(await refusal(written('text.png', 'hello, I am text')), /^not an image/);
  assert.match(await refusal(written('empty.jpg', '')), /empty/);
  assert.match(await refusal(written('tiny.jpg', 'x')), /^not an image/);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>';
  assert.match(await refusal(written('svg.png', svg)), /^not an image/);
  assert.match(await refusal(written('pdf.png', '%PDF-1.7\n')), /^not an image/);
  assert.match(await refusal(image('image.bmp')), /BMP/);
});

test('an image over the limit is refused with its size and the option', async () => {
  const reason = await refusal(image('cmyk.jpg'), { maxMegapixels: 0.0015 });
  assert.match(reason, /96x16/);
  assert.match(reason, /--max_megapixels 0\.0015/);
  await decode(image('cmyk.jpg'), { maxMegapixels: 0.001536 });
});

test('what is no readable file is refused by its reason', async (t) => {
  assert.match(await refusal(path.join(folder, 'absent.jpg')), /no such file/);
  assert.match(await refusal(folder), /not a regular file/);
  const link = path.join(folder, 'dangling.jpg');
  symlinkSync('nowhere', link);
  assert.match(await refusal(link), /no such file/);

  await t.test('a named pipe', { skip: process.platform === 'win32' }, async () => {
    const pipe = path.join(folder, 'pipe.jpg');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    assert.match(await refusal(pipe), /not a regular file/);
  });
  await t.test('no permission', { skip: process.getuid?.() === 0 }, async () => {
    const secret = written('secret.jpg', 'x');
    chmodSync(secret, 0);
    assert.match(await refusal(secret), /permission denied/);
  });
});

test('a name that is not UTF-8 is opened', { skip: process.platform !== 'linux' }, async () => {
  const file = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]);
  writeFileSync(file, readFileSync(image('rgb.jpg')));
  assert.equal((await decodeImage(file, options)).width, 16);
});
