/** From images as the library takes them to inputs as the pipelines do. */
import { fileURLToPath } from 'node:url';
import type { RgbImage } from '../image/image.js';
import type { UnreadableFolder } from '../inputs/folder.js';
import type { Input, InputImage } from '../tasks/entry.js';
import type { FileInput, ImageInput } from './images.js';

const NO_PATH = Buffer.alloc(0);

/** The pipelines' input for an image; one of the wrong kind becomes an input that fails, and nothing is thrown. */
export function inputFor(image: ImageInput): Input {
  if (typeof image === 'string') return fileAt(Buffer.from(image));
  if (image instanceof Uint8Array) return inMemory(asBuffer(image));
  if (image instanceof URL) return fileOf(image);
  if (typeof image === 'object' && image !== null) {
    if ('path' in image) return listed(image);
    if ('data' in image) return ofPixels(image);
  }
  return unusable('not an image: expected a path, a URL, bytes, or { data, width, height }');
}

function listed({ path, reason }: FileInput): Input {
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    return unusable('not an image: expected a path of text or bytes');
  }
  const file = fileAt(typeof path === 'string' ? Buffer.from(path) : asBuffer(path));
  return reason === undefined ? file : { ...file, reason };
}

function fileOf(url: URL): Input {
  try {
    return fileAt(Buffer.from(fileURLToPath(url)));
  } catch {
    return unusable('not a file: URL');
  }
}

function ofPixels({ data, width, height }: RgbImage): Input {
  const isSize = [width, height].every((side) => Number.isSafeInteger(side) && side > 0);
  if (!isSize || !(data instanceof Uint8Array) || data.length !== width * height * 3) {
    return unusable('not an image: expected width x height x 3 bytes of RGB');
  }
  // A new object each time: whoever uses one for several frames changes its pixels in between.
  return inMemory({ data, width, height });
}

function fileAt(path: Buffer): InputImage {
  return { path, relative: path };
}

function inMemory(content: Buffer | RgbImage): InputImage {
  return { path: NO_PATH, relative: NO_PATH, content };
}

function unusable(reason: string): UnreadableFolder {
  return { path: NO_PATH, relative: NO_PATH, reason, mayPass: false };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
