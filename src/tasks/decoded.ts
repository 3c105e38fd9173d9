import { InputError } from '../files/errors.js';
import { type DecodeOptions, decodeContent, decodeImage } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import { orderedMap } from '../workers/ordered.js';
import type { Input, InputImage } from './entry.js';
import { type FailedInput, failed } from './failed-input.js';

export interface DecodedFile {
  readonly file: InputImage;
  readonly image: RgbImage;
}

/** Images decoded ahead of their use, at most: enough to keep the decoder's threads busy. */
const AHEAD = 4;
/** Pixels of images decoded ahead, together (75 MB): a folder of large photographs stays within memory. */
const PIXELS_AHEAD = 25e6;

/** The inputs decoded, in their order; those that cannot be are passed on as failures. */
export function decoded(
  files: AsyncIterable<Input>,
  options: DecodeOptions,
): AsyncGenerator<DecodedFile | FailedInput> {
  return orderedMap(files, (file) => decodeOrFail(file, options), {
    items: AHEAD,
    cost: { of: pixelsOf, limit: PIXELS_AHEAD },
  });
}

async function decodeOrFail(
  file: Input,
  options: DecodeOptions,
): Promise<DecodedFile | FailedInput> {
  if ('reason' in file) {
    const { path, reason, mayPass = true } = file;
    return { path, reason, mayPass };
  }
  try {
    return { file, image: await pixelsFor(file, options) };
  } catch (error) {
    if (error instanceof InputError) return failed(file.path, error);
    throw error;
  }
}

async function pixelsFor(file: InputImage, options: DecodeOptions): Promise<RgbImage> {
  if (!('content' in file)) return decodeImage(file.path, options);
  const { content } = file;
  return content instanceof Uint8Array ? decodeContent(content, options) : content;
}

export function pixelsOf(input: DecodedFile | FailedInput): number {
  return 'image' in input ? input.image.width * input.image.height : 0;
}
