/** What a task takes. */
import type { RgbImage } from '../image/image.js';
import type { FoundInput, StoredImage } from '../inputs/input.js';

/** An image that is in memory already: the content of a file, or pixels. */
export interface MemoryImage {
  readonly kind: 'memory';
  readonly path: Buffer;
  readonly relative: Buffer;
  readonly content: Buffer | RgbImage;
}

/** An image that can be decoded. */
export type ImageSource = StoredImage | MemoryImage;

export type TaskInput = FoundInput | MemoryImage;
