import type { RgbImage } from '../image/image.js';
import type { Tensor } from '../runtime/onnxruntime.js';

/** Side of the aligned crops that the classifier was trained on, pixels. */
export const CROP_SIZE = 112;

/** Network input for each grey level, level / 255 * 2 - 1, rounded to float32 at each step as torchvision does. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, level) =>
  Math.fround(Math.fround(Math.fround(level / 255) - 0.5) / 0.5),
);

/** Images of equal size as one tensor [N, 3, height, width], -1..1. */
export function toTensor(images: readonly RgbImage[]): Tensor {
  const { width, height } = images[0];
  const plane = width * height;
  const data = new Float32Array(images.length * 3 * plane);
  for (const [index, image] of images.entries()) {
    const [red, green, blue] = [0, 1, 2].map((channel) => {
      const start = (index * 3 + channel) * plane;
      return data.subarray(start, start + plane);
    });
    normalizePlanes(image.data, red, green, blue);
  }
  return { data, dims: [images.length, 3, height, width] };
}

/** A function of its own, with everything it needs at hand: a crop passes here for each run of the network. */
function normalizePlanes(
  pixels: Uint8Array,
  red: Float32Array,
  green: Float32Array,
  blue: Float32Array,
): void {
  const levels = NORMALIZED;
  for (let i = 0, at = 0; i < red.length; i++, at += 3) {
    red[i] = levels[pixels[at]];
    green[i] = levels[pixels[at + 1]];
    blue[i] = levels[pixels[at + 2]];
  }
}
