import { InputError } from '../errors.js';
import { type DecodeOptions, decodeImage } from '../image/decode.js';
import type { RgbImage } from '../image/image.js';
import type { ImageFile, UnreadableFolder } from '../image/listing.js';
import { orderedMap } from './ordered.js';

/** An input that could not be used, and why, in a few words. */
export interface FailedInput {
  readonly path: Buffer;
  readonly reason: string;
}

/** An input that an earlier run has finished; passed on in its place. */
export interface FinishedFile extends ImageFile {
  /** What the earlier run wrote of it, a line each. */
  readonly rows: readonly string[];
}

export interface DecodedFile {
  readonly file: ImageFile;
  readonly image: RgbImage;
}

/** Images decoded ahead of their use, at most: enough to keep the decoder's threads busy. */
const AHEAD = 32;
/** Pixels of images decoded ahead, together (75 MB): a folder of large photographs stays within memory. */
const PIXELS_AHEAD = 25e6;

/** The inputs decoded, in their order; those that cannot be are passed on as failures. */
export function decoded<Finished extends FinishedFile = never>(
  files: AsyncIterable<ImageFile | UnreadableFolder | Finished>,
  options: DecodeOptions,
): AsyncGenerator<DecodedFile | FailedInput | Finished> {
  return orderedMap(files, (file) => decodeOrFail(file, options), {
    items: AHEAD,
    cost: { of: pixelsOf, limit: PIXELS_AHEAD },
  });
}

async function decodeOrFail<Finished extends FinishedFile>(
  file: ImageFile | UnreadableFolder | Finished,
  options: DecodeOptions,
): Promise<DecodedFile | FailedInput | Finished> {
  if ('rows' in file) return file;
  if ('reason' in file) return { path: file.path, reason: file.reason };
  try {
    return { file, image: await decodeImage(file.path, options) };
  } catch (error) {
    if (error instanceof InputError) return { path: file.path, reason: error.message };
    throw error;
  }
}

export function pixelsOf(input: DecodedFile | FailedInput | FinishedFile): number {
  return 'image' in input ? input.image.width * input.image.height : 0;
}
