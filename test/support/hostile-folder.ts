/** A folder of the inputs that stop other tools. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

/** Relative paths, by what should come of them. */
export interface HostileFolder {
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

/**
 * Fills `folder` with copies of a picture in many forms, and with files that are no pictures.
 *
 * @param picture a lossless picture of a face, from which every good image is made
 */
export async function makeHostileFolder(folder: string, picture: Buffer): Promise<HostileFolder> {
  const good: string[] = [];
  const bad: string[] = [];
  const put = (names: string[], name: string, content: Buffer | string) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    names.push(name);
  };
  const jpeg = await sharp(picture).jpeg({ quality: 98 }).toBuffer();
  const png = await sharp(picture).png().toBuffer();

  put(bad, 'zero-byte.jpg', '');
  put(bad, 'text.png', 'this is no picture\n');
  put(bad, 'truncated.jpg', jpeg.subarray(0, Math.floor(jpeg.length / 2)));
  put(bad, 'truncated.png', png.subarray(0, Math.floor(png.length / 2)));

  put(good, 'plain.jpg', jpeg);
  put(good, 'UPPER.JPG', jpeg);
  put(good, 'jpeg-named.png', jpeg);
  put(good, 'cmyk.jpg', await sharp(picture).toColourspace('cmyk').jpeg().toBuffer());
  put(good, 'grey16.png', await sharp(picture).toColourspace('grey16').png().toBuffer());
  put(good, 'rgba.png', await sharp(picture).ensureAlpha(0.5).png().toBuffer());
  put(good, 'palette.png', await sharp(picture).png({ palette: true }).toBuffer());
  // Stored lying on its side; EXIF 6 says to turn it clockwise for viewing.
  const lying = await sharp(picture).rotate(270).toBuffer();
  put(
    good,
    'rotated.jpg',
    await sharp(lying).jpeg({ quality: 98 }).withMetadata({ orientation: 6 }).toBuffer(),
  );
  put(good, 'with space.jpg', jpeg);
  put(good, `quote"and'quote.jpg`, jpeg);
  put(good, 'new\nline.jpg', jpeg);
  put(good, '人脸.jpg', jpeg);
  put(good, 'a/same.jpg', jpeg);
  put(good, 'b/same.jpg', png);
  put(good, 'a/sub/same.jpg', jpeg);
  symlinkSync('..', path.join(folder, 'a', 'parent'));

  // Not taken as input at all.
  writeFileSync(path.join(folder, '._plain.jpg'), 'resource fork');
  writeFileSync(path.join(folder, 'notes.txt'), 'notes');
  return { good: good.sort(byBytes), bad: bad.sort(byBytes) };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
