import type { RgbImage } from '../image/image.js';
import type { Tensor } from '../onnx.js';

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
    const start = index * 3 * plane;
    for (let i = 0, at = 0; i < plane; i++, at += 3) {
      data[start + i] = NORMALIZED[image.data[at]];
      data[start + plane + i] = NORMALIZED[image.data[at + 1]];
      data[start + 2 * plane + i] = NORMALIZED[image.data[at + 2]];
    }
  }
  return { data, dims: [images.length, 3, height, width] };
}
