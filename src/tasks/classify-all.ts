import { type Classifier, isCrop } from '../classify/classifier.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import { firstLine } from '../files/text/shown.js';
import type { RgbImage } from '../image/image.js';

/** Pixels that wait for one run of the network, at most: a ResNet-18 needs some 0.4 kB for each. */
export const BATCH_PIXELS = 1e6;

/** Probabilities in the order of the classifier's classes, or why there are none. */
export type Outcome =
  | { readonly kind: 'classified'; readonly probabilities: Float32Array }
  | { readonly kind: 'refused'; readonly reason: string };

/** Crops in one run of the classifier, at most: a run is bounded by its pixels too. */
export function cropsInRun(batchSize: number): number {
  return Math.min(batchSize, Math.floor(BATCH_PIXELS / CROP_SIZE ** 2));
}

/**
 * Probabilities for images of any sizes, in their order: crops run together, other images one by one. Where a
 * run fails, its images are tried one by one, so that only those that cannot be classified are lost.
 *
 * @param batchSize crops in one run of the network, at most
 */
export async function classifyAll(
  classifier: Classifier,
  images: readonly RgbImage[],
  batchSize: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(images.length);
  for (const indices of inRuns(images, batchSize)) {
    const results = await classifyBatch(
      classifier,
      indices.map((index) => images[index]),
    );
    for (const [position, index] of indices.entries()) outcomes[index] = results[position];
  }
  return outcomes;
}

/** Positions of the images of each run. */
function inRuns(images: readonly RgbImage[], batchSize: number): number[][] {
  const crops: number[] = [];
  const runs: number[][] = [];
  for (const [index, image] of images.entries()) {
    if (isCrop(image)) crops.push(index);
    else runs.push([index]);
  }
  for (let from = 0; from < crops.length; from += batchSize) {
    runs.push(crops.slice(from, from + batchSize));
  }
  return runs;
}

async function classifyBatch(
  classifier: Classifier,
  images: readonly RgbImage[],
): Promise<Outcome[]> {
  const wanted = classifier.imageSize;
  const [{ width, height }] = images;
  if (wanted && (wanted.width !== width || wanted.height !== height)) {
    const reason = `is ${width}x${height}, and this model takes only ${wanted.width}x${wanted.height}; cut faces out with \`facecls align\``;
    return images.map(() => ({ kind: 'refused', reason }));
  }
  try {
    const results = await classifier.classify(images);
    return results.map((probabilities) => ({ kind: 'classified', probabilities }));
  } catch (error) {
    if (images.length === 1) {
      const cause = firstLine(error);
      return [{ kind: 'refused', reason: `the classifier failed on it: ${cause}` }];
    }
    const results: Outcome[] = [];
    for (const image of images) results.push(...(await classifyBatch(classifier, [image])));
    return results;
  }
}
