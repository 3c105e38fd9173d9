/** What goes with the networks: finding photographs, writing crops, converting checkpoints. */
import { fileURLToPath } from 'node:url';
import { modelClassNames } from '../classify/class-names.js';
import { invalidOption, UserError } from '../files/errors.js';
import type { RgbImage } from '../image/image.js';
import * as images from '../inputs/folder.js';
import { checkObject } from './checks.js';
import { arePixels, PIXELS, unreadable } from './inputs.js';

/** An image file that was found, or a folder that could not be read; both are inputs of the library. */
export interface FoundImage {
  /** Opens the file; bytes, for a name need not be valid UTF-8. */
  readonly path: Buffer;
  /** Where it is below the folder. */
  readonly relative: Buffer;
  /** Why a folder could not be read; an image has none. */
  readonly reason?: string;
}

/** Options of `walkImages`. */
export interface WalkOptions {
  /** Follow links that lead out of the folder; false by default. */
  readonly followLinks?: boolean | undefined;
}

/**
 * The image files in a folder and its sub-folders, in byte order of their paths, as the commands take them: those
 * with names of images, but none that begin with a dot.
 *
 * @example
 * ```js
 * import { align, walkImages } from 'facecls';
 *
 * for await (const { input, faces } of align(walkImages('photographs'))) {
 *   console.log(`${input.relative}: ${faces?.length} faces`);
 * }
 * ```
 * @throws UserError where an option is wrong, or the folder is missing or cannot be read, when the iteration begins
 */
export async function* walkImages(
  folder: string | URL | Uint8Array,
  options: WalkOptions = {},
): AsyncGenerator<FoundImage, void, undefined> {
  const { librarySettings } = await import('../options/settle.js');
  const { follow_links: followLinks = false } = librarySettings('walkImages', options);
  const walk = { followLinks, option: 'folder' };
  for await (const found of images.walkImages(folderPath(folder), walk)) {
    yield found.kind === 'unreadable' ? unreadable(found, found.reason) : found;
  }
}

function folderPath(folder: string | URL | Uint8Array): Buffer {
  if (typeof folder === 'string' || folder instanceof Uint8Array) return Buffer.from(folder);
  try {
    if (folder instanceof URL) return Buffer.from(fileURLToPath(folder));
  } catch {
    // Not a file: URL, or one of another machine.
  }
  throw invalidOption('folder', 'a path of text or bytes, or a file: URL', folder);
}

/** Options of `encodeImage`. */
export interface EncodeOptions {
  /** `jpg` by default. */
  readonly format?: 'jpg' | 'png' | undefined;
  /** Of a JPEG, 1 to 100; 95 by default. */
  readonly quality?: number | undefined;
}

/**
 * The content of an image file with these pixels, as the commands write crops: JPEG with full colour resolution,
 * or PNG.
 *
 * @example
 * ```js
 * import { writeFile } from 'node:fs/promises';
 * import { align, encodeImage } from 'facecls';
 *
 * for await (const { faces = [] } of align(['photographs/group.jpg'])) {
 *   for (const { index, crop } of faces) await writeFile(`face${index}.jpg`, await encodeImage(crop));
 * }
 * ```
 * @throws UserError where an option or the image is not as described
 */
export async function encodeImage(
  image: RgbImage,
  options: EncodeOptions = {},
): Promise<Uint8Array> {
  const { librarySettings } = await import('../options/settle.js');
  const { crop_format: format, crop_quality: quality } = librarySettings('encodeImage', options);
  checkObject('image', image);
  if (!arePixels(image)) {
    throw new UserError(`image: expected { data, width, height } with ${PIXELS}`);
  }
  const { encodeRgb } = await import('../image/encode.js');
  return encodeRgb(image, format, quality);
}

/** Options of `convertCheckpoint`. */
export interface ConvertOptions {
  /** How weights are stored; computing is float32 either way. `fp32` by default. */
  readonly precision?: 'fp32' | 'fp16' | undefined;
  /** What the logits are divided by, 0.01 to 100; `facecls evaluate --fit_temperature` finds it. */
  readonly temperature?: number | undefined;
  /** Which network of a checkpoint that holds several; the usual one by default, as `facecls convert` takes it. */
  readonly weights?: string | undefined;
}

/**
 * A PyTorch checkpoint of torchvision's ResNet-18 with four classes as ONNX bytes, as `facecls convert` writes
 * them: input `input` float32 [N, 3, H, W], output `probabilities` float32 [N, 4]. Nothing in the checkpoint is
 * executed. The event loop stands still for the second that it takes.
 *
 * @example
 * ```js
 * import { writeFile } from 'node:fs/promises';
 * import { convertCheckpoint } from 'facecls';
 *
 * await writeFile('resnet18.onnx', await convertCheckpoint('resnet18.ckpt', { precision: 'fp16' }));
 * ```
 * @throws UserError where an option is wrong or there is no such file, ModelError where it cannot be used
 */
export async function convertCheckpoint(
  checkpoint: string,
  options: ConvertOptions = {},
): Promise<Uint8Array> {
  const { librarySettings } = await import('../options/settle.js');
  const { precision, temperature, weights } = librarySettings('convertCheckpoint', options);
  if (typeof checkpoint !== 'string') throw invalidOption('checkpoint', 'a path', checkpoint);
  const { checkpointToOnnx } = await import('../convert/checkpoint.js');
  return checkpointToOnnx(checkpoint, {
    ...{ precision, temperature, weights },
    classNames: modelClassNames(undefined),
  });
}
