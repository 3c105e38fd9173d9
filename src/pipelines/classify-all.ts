import type { Classifier } from '../classify/classifier.js';
import type { RgbImage } from '../image/image.js';

/** Pixels in one run of the network, at most: a ResNet-18 needs some 0.4 kB for each. */
export const BATCH_PIXELS = 1e6;

/** Probabilities in the order of CLASS_NAMES, or why there are none. */
export type Outcome = Float32Array | { readonly reason: string };

/**
 * Probabilities for images of any sizes, in their order: those of equal size run together. Where a run
 * fails, its images are tried one by one, so that only those that cannot be classified are lost.
 *
 * @param batchSize images in one run of the network, at most
 */
export async function classifyAll(
  classifier: Classifier,
  images: readonly RgbImage[],
  batchSize: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(images.length);
  for (const indices of groupBySize(images)) {
    const { width, height } = images[indices[0]];
    const step = Math.max(1, Math.min(batchSize, Math.floor(BATCH_PIXELS / (width * height))));
    for (let from = 0; from < indices.length; from += step) {
      const part = indices.slice(from, from + step);
      const results = await classifyBatch(
        classifier,
        part.map((index) => images[index]),
      );
      for (const [position, index] of part.entries()) outcomes[index] = results[position];
    }
  }
  return outcomes;
}

/** Positions of the images of each size, sizes in order of appearance. */
function groupBySize(images: readonly RgbImage[]): Iterable<number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, { width, height }] of images.entries()) {
    const size = `${width}x${height}`;
    const group = groups.get(size);
    if (group) group.push(index);
    else groups.set(size, [index]);
  }
  return groups.values();
}

async function classifyBatch(
  classifier: Classifier,
  images: readonly RgbImage[],
): Promise<Outcome[]> {
  const wanted = classifier.imageSize;
  const [{ width, height }] = images;
  if (wanted && (wanted.width !== width || wanted.height !== height)) {
    const reason = `is ${width}x${height}, and this model takes only ${wanted.width}x${wanted.height}; cut faces out with \`facecls align\``;
    return images.map(() => ({ reason }));
  }
  try {
    return await classifier.classify(images);
  } catch (error) {
    if (images.length === 1) {
      return [
        { reason: `the classifier failed on it: ${(error as Error).message.split('\n', 1)[0]}` },
      ];
    }
    const results = [];
    for (const image of images) results.push(...(await classifyBatch(classifier, [image])));
    return results;
  }
}
