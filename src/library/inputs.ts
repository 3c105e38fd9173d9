/** From images as the library takes them to inputs as the pipelines do. */
import { fileURLToPath } from 'node:url';
import type { RgbImage } from '../image/image.js';
import type { TaskInput } from '../tasks/input.js';
import type { FileInput, ImageInput } from './images.js';

const NO_PATH = Buffer.alloc(0);

/** Marks what `walkImages` could not read: users have properties of any name, and `reason` among them. */
const UNREADABLE = Symbol('unreadable');

interface Unreadable extends FileInput {
  /** Why; copies of the object have it too. */
  readonly [UNREADABLE]?: string;
}

/** The same, as an image that fails for the reason. */
export function unreadable<I extends FileInput>(input: I, reason: string): I {
  return { ...input, [UNREADABLE]: reason };
}

/** The pipelines' input for an image; one of the wrong kind becomes an input that fails, and nothing is thrown. */
export function inputFor(image: ImageInput): TaskInput {
  if (typeof image === 'string') return fileAt(Buffer.from(image));
  if (image instanceof Uint8Array) return inMemory(asBuffer(image));
  if (image instanceof URL) return fileOf(image);
  if (typeof image === 'object' && image !== null) {
    const { path, data } = image as Partial<FileInput & RgbImage>;
    if (path !== undefined) return listed(image as FileInput);
    if (data !== undefined) return ofPixels(image as RgbImage);
  }
  return unusable('not an image: expected a path, a URL, bytes, or { data, width, height }');
}

function listed({ path, [UNREADABLE]: reason }: Unreadable): TaskInput {
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    return unusable('not an image: expected a path of text or bytes');
  }
  const bytes = typeof path === 'string' ? Buffer.from(path) : asBuffer(path);
  if (reason === undefined) return fileAt(bytes);
  return { kind: 'unreadable', path: bytes, relative: bytes, reason, mayPass: true };
}

function fileOf(url: URL): TaskInput {
  try {
    return fileAt(Buffer.from(fileURLToPath(url)));
  } catch {
    return unusable('not a file: URL');
  }
}

function ofPixels({ data, width, height }: RgbImage): TaskInput {
  if (!arePixels({ data, width, height })) return unusable(`not an image: expected ${PIXELS}`);
  // A new object each time: whoever uses one for several frames changes its pixels in between.
  return inMemory({ data, width, height });
}

/** What pixels are, for messages. */
export const PIXELS = 'width x height x 3 bytes of RGB';

export function arePixels({ data, width, height }: RgbImage): boolean {
  const isSize = [width, height].every((side) => Number.isSafeInteger(side) && side > 0);
  return isSize && data instanceof Uint8Array && data.length === width * height * 3;
}

function fileAt(path: Buffer): TaskInput {
  return { kind: 'file', path, relative: path };
}

function inMemory(content: Buffer | RgbImage): TaskInput {
  return { kind: 'memory', path: NO_PATH, relative: NO_PATH, content };
}

function unusable(reason: string): TaskInput {
  return { kind: 'unreadable', path: NO_PATH, relative: NO_PATH, reason, mayPass: false };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
