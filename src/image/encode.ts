import type { RgbImage } from './image.js';
import { loadSharp } from './sharp.js';

export type ImageFormat = 'jpg' | 'png';

/**
 * The file content of `image`: lossless PNG (`quality` is not used), or JPEG of `quality` 1..100.
 * JPEG keeps colour at full resolution (4:4:4): halving it, as is usual, would smear the lips and
 * eyes of a face of 112 pixels.
 */
export async function encodeRgb(
  image: RgbImage,
  format: ImageFormat,
  quality: number,
): Promise<Buffer> {
  const { data, width, height } = image;
  const sharp = loadSharp();
  const pixels = sharp(data, { raw: { width, height, channels: 3 } });
  const encoded =
    format === 'png' ? pixels.png() : pixels.jpeg({ quality, chromaSubsampling: '4:4:4' });
  return encoded.toBuffer();
}
