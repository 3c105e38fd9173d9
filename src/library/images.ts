/** What the library takes as an image. */
import type { RgbImage } from '../image/image.js';

/** An image file; further properties are welcome, and come back with the result. */
export interface FileInput {
  /** Bytes where the name of the file is no valid UTF-8. */
  readonly path: string | Uint8Array;
}

/**
 * An image: the path of a file, a `file:` URL, an object with a path, the content of an image file as bytes, or
 * pixels. Bytes and pixels must not be changed before their result is there.
 */
export type ImageInput = string | URL | FileInput | Uint8Array | RgbImage;

/** What images are taken from, one after the other as they are needed. */
export type Inputs<I extends ImageInput> = Iterable<I> | AsyncIterable<I>;
