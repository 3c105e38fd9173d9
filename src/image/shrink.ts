import type { RgbImage } from './image.js';
import { loadSharp } from './sharp.js';

/** The image, smaller if its longest side is more than `side` pixels; never larger. */
export async function shrink(image: RgbImage, side: number): Promise<RgbImage> {
  const { data, width, height } = image;
  if (Math.max(width, height) <= side) return image;
  const sharp = loadSharp();
  const { data: pixels, info } = await sharp(data, {
    raw: { width, height, channels: 3 },
    limitInputPixels: false,
  })
    .resize(side, side, { fit: 'inside', kernel: 'lanczos3' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: pixels, width: info.width, height: info.height };
}
