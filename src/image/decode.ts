import { closeSync, constants, fstatSync, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { InputError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import type { RgbImage } from './image.js';
import { RAW_NAME } from './image-name.js';
import { loadSharp } from './sharp.js';
import { decodeSmallJpeg } from './small-jpeg.js';

export interface DecodeOptions {
  /** Leave the pixels as stored; otherwise EXIF orientation turns them upright. */
  ignoreExif: boolean;
  /** Images of more pixels (in millions) than this are refused. */
  maxMegapixels: number;
}

/**
 * How each format begins, bytes as Latin-1. An image is known by its content, not by its name; and
 * only the accepted formats ever reach the decoder, which by itself would also render SVG and PDF.
 */
const FORMATS: readonly { name: string; accepted: boolean; begins(start: string): boolean }[] = [
  { name: 'JPEG', accepted: true, begins: (start) => start.startsWith('\xff\xd8\xff') },
  { name: 'PNG', accepted: true, begins: (start) => start.startsWith('\x89PNG\r\n\x1a\n') },
  {
    name: 'WebP',
    accepted: true,
    begins: (start) => start.startsWith('RIFF') && start.startsWith('WEBP', 8),
  },
  { name: 'GIF', accepted: true, begins: (start) => start.startsWith('GIF8') },
  {
    name: 'TIFF',
    accepted: true,
    begins: (start) => ['II*\0', 'II+\0', 'MM\0*', 'MM\0+'].includes(start.slice(0, 4)),
  },
  {
    name: 'AVIF',
    accepted: true,
    // The length that stands first is short, as libvips asks for too: it would take `<!--ftypavif-->` for SVG.
    begins: (start) => /^\0\0..ftyp/s.test(start) && /avi[fs]/.test(start),
  },
  { name: 'HEIC', accepted: false, begins: (start) => /^ftyp(he|mif1)/.test(start.slice(4)) },
  {
    name: 'BMP',
    accepted: false,
    begins: (start) => start.startsWith('BM') && start.startsWith('\0\0\0\0', 6),
  },
];
const SIGNATURE_BYTES = 64;

/** An image, and what is odd about it. */
export interface DecodedPixels extends RgbImage {
  /** Its 16-bit samples are all below 4096, as if of 12 bits: in 8 bits it is nearly black. */
  readonly isTwelveBit?: true;
}

/** Reads the image file at `path` as `decodeContent` does. Throws InputError, too, where it cannot be read. */
export async function decodeImage(path: Buffer, options: DecodeOptions): Promise<DecodedPixels> {
  refuseRaw(path);
  return decodeContent(await readImageFile(path), options);
}

/** By the name: by their content many are TIFF files, of which the preview would be taken for the image. */
export function refuseRaw(path: Buffer): void {
  if (!RAW_NAME.test(path.toString('latin1'))) return;
  throw new InputError("a camera's raw file, not an image of an accepted format");
}

/**
 * The content of an image file as 8-bit RGB: grey, palette, CMYK, 16-bit (the high byte) and
 * transparent (alpha dropped, not blended) images are converted, of several frames or pages the
 * first is taken, and embedded colour profiles are ignored as the published scripts do.
 * Throws InputError with a one-line reason, without the path, for whatever is no image.
 */
export async function decodeContent(
  content: Buffer,
  options: DecodeOptions,
): Promise<DecodedPixels> {
  const format = acceptedFormat(content);
  const { ignoreExif, maxMegapixels } = options;
  const small = format === 'JPEG' ? await decodeSmallJpeg(content, ignoreExif) : undefined;
  if (small && small.width * small.height <= maxMegapixels * 1e6) return small;
  const sharp = loadSharp();
  if (format === 'TIFF') await refuseOddSamples(content);
  try {
    const { data, info } = await sharp(content, {
      ignoreIcc: true,
      autoOrient: !ignoreExif,
      // Zero would mean no limit.
      limitInputPixels: Math.max(1, Math.floor(maxMegapixels * 1e6)),
      // 'truncated' would pass a TIFF that is cut short; 'warning' would refuse JPEGs with a
      // damaged spot that every viewer shows. A damaged tile of a TIFF is a warning, and black.
      failOn: format === 'TIFF' ? 'warning' : 'error',
    })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const isTwelveBit = isDim(data) && (await is16Bit(content));
    return { data, width: info.width, height: info.height, ...(isTwelveBit && { isTwelveBit }) };
  } catch (error) {
    throw new InputError(await decodeReason(content, format, maxMegapixels, error as Error), {
      cause: error,
    });
  }
}

/** Without this, opening a named pipe would wait for someone to write to it. Windows has none. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const LARGEST_FILE = 2 ** 31 - 1;

/**
 * A file's content. Of the ways that Node has, this is the one that hands the least over to other threads: a
 * small file that is in memory already takes a fifth of the time that `stat` and `readFile` of node:fs/promises do.
 */
async function readImageFile(path: Buffer): Promise<Buffer> {
  let file: number | undefined;
  try {
    file = await openFile(path, READ_WITHOUT_WAITING);
    const status = fstatSync(file);
    if (!status.isFile()) throw new InputError('not a regular file');
    if (status.size === 0) throw new InputError('the file is empty');
    if (status.size > LARGEST_FILE) throw new InputError('larger than 2 GiB');
    const content = Buffer.allocUnsafe(status.size);
    let length = 0;
    while (length < content.length) {
      const bytes = await readInto(file, content, length);
      if (bytes === 0) break;
      length += bytes;
    }
    return content.subarray(0, length);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new InputError(fileErrorReason(error), { cause: error, mayPass: true });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const openFile = promisify(open);

function readInto(file: number, content: Buffer, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, content, from, content.length - from, from, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
}

/** The name of the format `content` is in; InputError when it is none that is accepted. */
function acceptedFormat(content: Buffer): string {
  const start = content.toString('latin1', 0, SIGNATURE_BYTES);
  const found = FORMATS.find(({ begins }) => begins(start));
  if (found?.accepted) return found.name;
  const what = found ? `a ${found.name} file, not an image` : 'not an image';
  const accepted = FORMATS.filter((format) => format.accepted).map(({ name }) => name);
  throw new InputError(`${what} of an accepted format (${accepted.join(', ')})`);
}

/** What the high byte of a 16-bit sample of 12 bits is below. */
const DIM = 4096 >> 8;

function isDim(data: Uint8Array): boolean {
  return data.every((sample) => sample < DIM);
}

async function is16Bit(content: Buffer): Promise<boolean> {
  const sharp = loadSharp();
  const { depth } = await sharp(content, { limitInputPixels: false }).metadata();
  return depth === 'ushort';
}

/** Kinds of samples whose range is known, as libvips calls them. */
const SAMPLES = ['uchar', 'ushort'];
const SAMPLE_NAMES: Readonly<Record<string, string>> = {
  ...{ char: 'signed 8-bit', short: 'signed 16-bit', int: 'signed 32-bit', uint: '32-bit' },
  ...{ float: '32-bit floating-point', double: '64-bit floating-point' },
};

/** What white is in samples of other kinds differs from file to file: they would be labelled black or white. */
async function refuseOddSamples(content: Buffer): Promise<void> {
  const sharp = loadSharp();
  const found = await sharp(content, { failOn: 'none', limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  // A header that cannot be read fails once more when the pixels are.
  if (found?.depth === undefined || SAMPLES.includes(found.depth)) return;
  const name = SAMPLE_NAMES[found.depth] ?? found.depth;
  throw new InputError(`a TIFF file of ${name} samples: only 8-bit and 16-bit ones are read`);
}

async function decodeReason(
  content: Buffer,
  format: string,
  maxMegapixels: number,
  error: Error,
): Promise<string> {
  if (/exceeds pixel limit/i.test(error.message)) {
    // Its data may be damaged too, and then its size is not always to be had.
    const sharp = loadSharp();
    const size = await sharp(content, { limitInputPixels: false, failOn: 'none' })
      .metadata()
      .then(
        ({ width, height }) =>
          `${width}x${height} is ${((width * height) / 1e6).toFixed(1)} megapixels: more`,
        () => 'more pixels',
      );
    return `${size} than --max_megapixels ${maxMegapixels}; raise it to take such images`;
  }
  return `damaged or incomplete ${format} data (${libraryCause(error.message)})`;
}

/** The telling part of a libvips message: one line, without the names of its functions. */
function libraryCause(message: string): string {
  const lines = message.split('\n').map((line) =>
    line
      .replace(/^(Unknown error$|Input buffer (has corrupt header: ?|contains ))/, '')
      .replace(/^\w+: /, '')
      .trim(),
  );
  return lines.find((line) => line !== '' && !line.startsWith('bad seek')) ?? 'cannot be decoded';
}
