/** Image files damaged in every way a disk, a download or an attacker damages them, the same for the same seed. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { fixture } from './fixture.js';

export interface NamedFile {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * `picture` in every accepted format and the main kinds of each, small enough to be decoded in a
 * millisecond or two.
 *
 * @param picture any image that sharp reads
 */
export async function everyFormat(picture: Buffer, size: number): Promise<NamedFile[]> {
  const pixels = await sharp(picture).resize(size, size).removeAlpha().png().toBuffer();
  const image = () => sharp(pixels);
  const frames = await sharp([pixels, await image().negate().png().toBuffer()], {
    join: { animated: true },
  })
    .gif()
    .toBuffer();
  const animation = () => sharp(frames, { animated: true });
  const files: [name: string, content: Promise<Buffer>][] = [
    ['baseline.jpg', image().jpeg().toBuffer()],
    ['progressive.jpg', image().jpeg({ progressive: true }).toBuffer()],
    ['cmyk.jpg', image().toColourspace('cmyk').jpeg().toBuffer()],
    ['turned.jpg', image().jpeg().withMetadata({ orientation: 6 }).toBuffer()],
    ['rgb.png', image().png().toBuffer()],
    ['interlaced.png', image().png({ progressive: true }).toBuffer()],
    ['palette.png', image().png({ palette: true }).toBuffer()],
    ['rgba16.png', image().ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer()],
    ['lossy.webp', image().webp().toBuffer()],
    ['lossless.webp', image().ensureAlpha(0.5).webp({ lossless: true, effort: 0 }).toBuffer()],
    ['frames.webp', animation().webp().toBuffer()],
    ['single.gif', image().gif().toBuffer()],
    ['frames.gif', Promise.resolve(frames)],
    ['plain.tif', image().tiff({ compression: 'none' }).toBuffer()],
    ['lzw.tif', image().tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer()],
    ['jpeg.tif', image().tiff({ compression: 'jpeg' }).toBuffer()],
    ['tiles.tif', image().tiff({ compression: 'deflate', tile: true }).toBuffer()],
    ['still.avif', image().avif({ effort: 0 }).toBuffer()],
  ];
  return Promise.all(files.map(async ([name, content]) => ({ name, content: await content })));
}

/** A file of the one format whose names are looked at and whose content is not accepted. */
export const BMP: NamedFile = {
  name: 'image.bmp',
  content: readFileSync(fixture('images/image.bmp')),
};

/** Whole numbers from 0 up to below `limit`, from a linear congruential generator. */
export type Random = (limit: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state * 48271) % 2147483647;
    return Math.floor((state / 2147483647) * limit);
  };
}

type Damage = (content: Buffer, random: Random, other: Buffer) => Buffer;

const randomBytes = (random: Random, length: number) =>
  Buffer.from(Array.from({ length }, () => random(256)));

/** Half of the places lie among the first bytes, where headers are. */
function place(content: Buffer, random: Random): number {
  return random(2) === 0 ? random(Math.min(200, content.length)) : random(content.length);
}

const DAMAGES: Record<string, Damage> = {
  flipped(content, random) {
    const damaged = Buffer.from(content);
    for (let count = 1 + random(12); count > 0; count--) {
      damaged[place(content, random)] ^= 1 << random(8);
    }
    return damaged;
  },
  truncated: (content, random) => content.subarray(0, place(content, random)),
  overwritten(content, random) {
    const at = place(content, random);
    const length = Math.min(1 + random(64), content.length - at);
    const run = [Buffer.alloc(length), Buffer.alloc(length, 0xff), randomBytes(random, length)];
    return Buffer.concat([content.subarray(0, at), run[random(3)], content.subarray(at + length)]);
  },
  inserted(content, random) {
    const at = place(content, random);
    const run = randomBytes(random, 1 + random(64));
    return Buffer.concat([content.subarray(0, at), run, content.subarray(at)]);
  },
  removed(content, random) {
    const at = place(content, random);
    return Buffer.concat([content.subarray(0, at), content.subarray(at + 1 + random(200))]);
  },
  repeated(content, random) {
    const at = place(content, random);
    return Buffer.concat([content.subarray(0, at + 1 + random(200)), content.subarray(at)]);
  },
  spliced(content, random, other) {
    const head = content.subarray(0, place(content, random));
    return Buffer.concat([head, other.subarray(place(other, random))]);
  },
  resized(content, random) {
    const side = () => [0, 1, 2 ** random(16), 65500, 65535, 2 ** 31 - 1, 2 ** 32 - 1][random(7)];
    return withSize(content, side(), side());
  },
};

/** `count` damaged files made of `good` ones, each kind of damage as often as the others. */
export function damagedFiles(
  good: readonly NamedFile[],
  count: number,
  random: Random,
): NamedFile[] {
  const damages = Object.entries(DAMAGES);
  return Array.from({ length: count }, (_, index) => {
    const { name, content } = good[index % good.length];
    const [kind, damage] = damages[Math.floor(index / good.length) % damages.length];
    let damaged: Buffer;
    do {
      damaged = damage(content, random, good[random(good.length)].content);
    } while (damaged.equals(content));
    return { name: `${String(index).padStart(5, '0')}-${kind}-${name}`, content: damaged };
  });
}

/** The file with another width and height in its header; each takes as many bits as the format has. */
export function withSize(content: Buffer, width: number, height: number): Buffer {
  const damaged = Buffer.from(content);
  const low = (value: number, bits: number) => (value + 2 ** bits) % 2 ** bits;
  const start = content.toString('latin1', 0, 16);
  if (start.startsWith('\xff\xd8')) {
    for (let at = 2; at + 9 < content.length; at += 2 + content.readUInt16BE(at + 2)) {
      if (content[at + 1] !== 0xc0 && content[at + 1] !== 0xc2) continue;
      damaged.writeUInt16BE(low(height, 16), at + 5);
      damaged.writeUInt16BE(low(width, 16), at + 7);
      break;
    }
  } else if (start.startsWith('\x89PNG')) {
    damaged.writeUInt32BE(width, 16);
    damaged.writeUInt32BE(height, 20);
    damaged.writeUInt32BE(crc32(damaged.subarray(12, 29)), 29);
  } else if (start.startsWith('GIF8')) {
    for (const at of [6, firstFrame(content) + 5]) {
      damaged.writeUInt16LE(low(width, 16), at);
      damaged.writeUInt16LE(low(height, 16), at + 2);
    }
  } else if (start.endsWith('WEBPVP8 ')) {
    damaged.writeUInt16LE(low(width, 14), 26);
    damaged.writeUInt16LE(low(height, 14), 28);
  } else if (start.endsWith('WEBPVP8L')) {
    damaged.writeUIntLE(low(width - 1, 14) + low(height - 1, 14) * 2 ** 14, 21, 4);
  } else if (start.endsWith('WEBPVP8X')) {
    damaged.writeUIntLE(low(width - 1, 24), 24, 3);
    damaged.writeUIntLE(low(height - 1, 24), 27, 3);
  } else if (start.startsWith('II*\0')) {
    return withTag(withTag(content, 256, width), 257, height);
  } else if (start.startsWith('BM')) {
    damaged.writeUInt32LE(width, 18);
    damaged.writeUInt32LE(height, 22);
  } else {
    const at = content.indexOf('ispe') + 8;
    damaged.writeUInt32BE(width, at);
    damaged.writeUInt32BE(height, at + 4);
  }
  return damaged;
}

/** Where the descriptor of a GIF's first frame lies, behind the colours and the extensions. */
function firstFrame(gif: Buffer): number {
  let at = 13 + (gif[10] & 0x80 ? 3 * 2 ** ((gif[10] & 7) + 1) : 0);
  while (gif[at] === 0x21) {
    for (at += 2; gif[at] !== 0; at += gif[at] + 1);
    at += 1;
  }
  return at;
}

/** The TIFF file with another value (32 bits, one) of a tag in its first directory. */
export function withTag(tiff: Buffer, tag: number, value: number): Buffer {
  const damaged = Buffer.from(tiff);
  const directory = tiff.readUInt32LE(4);
  for (let entry = 0; entry < tiff.readUInt16LE(directory); entry++) {
    const at = directory + 2 + entry * 12;
    if (tiff.readUInt16LE(at) !== tag) continue;
    damaged.writeUInt16LE(4, at + 2);
    damaged.writeUInt32LE(value, at + 8);
  }
  return damaged;
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** CRC-32 of PNG; zlib.crc32 came with Node 20.15. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
