import { ModelError } from '../files/errors.js';
import { firstLine, shown } from '../files/text/shown.js';
import type { RgbImage } from '../image/image.js';
import type { LoadedSession, Tensor } from '../runtime/onnxruntime.js';
import {
  addsUpToOne,
  type DeclaredOutput,
  normalized,
  type OutputKind,
  outputKindOf,
  softmax,
} from './output-kind.js';
import { CROP_SIZE, toTensor } from './preprocess.js';

/** Pixels of a network's fixed input, all images of its batch together, at most: 200 MB as float32. */
const MOST_PIXELS = 2 ** 24;

/** Lengths of the input's axes that the network fixes; undefined where any will do. */
interface FixedAxes {
  readonly batch: number | undefined;
  readonly height: number | undefined;
  readonly width: number | undefined;
}

export class Classifier {
  private constructor(
    /** Names of the classes, in the order of the probabilities. */
    readonly classNames: readonly string[],
    private readonly session: LoadedSession,
    private readonly inputName: string,
    private readonly outputName: string,
    private readonly fixed: FixedAxes,
    readonly outputKind: OutputKind,
    /** Whether outputs for a plain image do, before they are divided by their sum. */
    readonly outputsAddUpToOne: boolean,
    private readonly batchSize: number,
  ) {}

  /**
   * @param source the model file, for error messages
   * @param batchSize images of the crops' size are run in batches of exactly this many, the last one repeated;
   *   images of other sizes, which are seldom and may be large, each by itself. So what comes of an image does
   *   not depend on those beside it: a runtime may add in another order for another number of images
   * @throws ModelError where the network does not take [N, 3, H, W] float32 or does not give [N, classes], or where
   *   its outputs may be logits or probabilities
   */
  static async create(
    session: LoadedSession,
    source: string,
    { classNames, ...declared }: DeclaredOutput,
    batchSize: number,
  ): Promise<Classifier> {
    const [input] = session.inputs;
    const [output] = session.outputs;
    if (output === undefined) throw new ModelError(`${source}: expected a network with an output`);
    if (session.inputs.length !== 1 || input.type !== 'float32' || input.shape.length !== 4) {
      throw new ModelError(
        `${source}: expected a network with one float32 input [N, 3, H, W], found ${describe(session.inputs)}`,
      );
    }
    const axis = (size: number | string) =>
      typeof size === 'number' && size > 0 ? size : undefined;
    const [batch, channels, height, width] = input.shape.map(axis);
    const classes = output.shape.length === 2 ? axis(output.shape[1]) : undefined;
    if (
      (channels ?? 3) !== 3 ||
      output.type !== 'float32' ||
      (output.shape.length > 0 && output.shape.length !== 2) ||
      (classes ?? classNames.length) !== classNames.length
    ) {
      throw new ModelError(
        `${source}: expected float32 [N, 3, H, W] in and [N, ${classNames.length}] out, found ${describe(session.inputs)} in and ${describe(session.outputs)} out`,
      );
    }
    const fixed = { batch, height, width };
    const shape = { ...fixed, batch: batch ?? (session.prefersFewShapes ? batchSize : 1) };
    // Sides that are free are chosen by the images, which have limits of their own.
    const pixels = shape.batch * (height ?? CROP_SIZE) * (width ?? CROP_SIZE);
    if (pixels > MOST_PIXELS) {
      throw new ModelError(
        `${source}: expected an input of at most ${MOST_PIXELS} pixels, found ${describe(session.inputs)}`,
      );
    }
    const rows: Float32Array[] = [];
    const isSettled = declared.outputKind === 'logits' || declared.lastOperator === 'Softmax';
    for (const level of isSettled ? PROBES.slice(0, 1) : PROBES) {
      rows.push(await probe(session, shape, level, classNames.length, source));
    }
    const kind = outputKindOf(rows, declared, source);
    return new Classifier(
      ...([classNames, session, input.name, output.name, fixed] as const),
      ...([kind, rows.every(addsUpToOne), batchSize] as const),
    );
  }

  /** The one size of image the network takes, or undefined where it takes any. */
  get imageSize(): { width: number; height: number } | undefined {
    const { height, width } = this.fixed;
    return height !== undefined && width !== undefined ? { width, height } : undefined;
  }

  /**
   * @param images one or more, all of one size
   * @returns for each image the probabilities in the order of `classNames`, which add up to one
   */
  async classify(images: readonly RgbImage[]): Promise<Float32Array[]> {
    const batch = this.fixed.batch ?? (images.every(isCrop) ? this.batchSize : 1);
    const results: Float32Array[] = [];
    for (let from = 0; from < images.length; from += batch) {
      const part = images.slice(from, from + batch);
      const padded = Array.from({ length: batch }, (_, i) => part[Math.min(i, part.length - 1)]);
      results.push(...(await this.run(padded)).slice(0, part.length));
    }
    return results;
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private async run(images: readonly RgbImage[]): Promise<Float32Array[]> {
    const outputs = await this.session.run({ [this.inputName]: toTensor(images) });
    const { data } = outputs[this.outputName];
    const classes = this.classNames.length;
    return images.map((_, index) => {
      const row = data.slice(index * classes, (index + 1) * classes);
      return this.outputKind === 'logits' ? softmax(row) : normalized(row);
    });
  }
}

/** Whether the image is of the size that the classifier was trained on. */
export function isCrop({ width, height }: RgbImage): boolean {
  return width === CROP_SIZE && height === CROP_SIZE;
}

/** Images to learn about a network by, as numbers from -1 to 1: grey, white, waves and stripes. */
const PROBES: readonly ((i: number) => number)[] = [
  () => 0,
  () => 1,
  (i) => (Math.sin(i / 5) + Math.sin(i / 89) + Math.sin(i / 997)) / 3,
  (i) => (i % 7 < 3 ? -1 : 1),
];

/** The output for one image, to see that the network works and what its outputs are. */
async function probe(
  session: LoadedSession,
  { batch = 1, height = CROP_SIZE, width = CROP_SIZE }: FixedAxes,
  level: (i: number) => number,
  classes: number,
  source: string,
): Promise<Float32Array> {
  const dims = [batch, 3, height, width];
  const length = dims.reduce((product, axis) => product * axis, 1);
  const data = new Float32Array(length).map((_, i) => level(i));
  let outputs: Record<string, Tensor>;
  try {
    outputs = await session.run({ [session.inputs[0].name]: { data, dims } });
  } catch (error) {
    throw new ModelError(
      `${source}: it cannot be run (${firstLine(error)}); give an ONNX file or a checkpoint that \`facecls convert\` accepts`,
      { cause: error },
    );
  }
  const output = outputs[session.outputs[0].name];
  const row = output.data.subarray(0, classes);
  if (output.dims.length !== 2 || output.dims[1] !== classes || !row.every(Number.isFinite)) {
    throw new ModelError(
      `${source}: expected ${classes} finite outputs an image, received [${output.dims.join(', ')}] ${row.join(' ')}`,
    );
  }
  return row.slice();
}

/** Names are the file's: they may be long, many, or hold line ends. */
function describe(tensors: LoadedSession['inputs']): string {
  const part = tensors
    .slice(0, 4)
    .map(({ name, type, shape }) => `${shown(name)} ${type} [${shown(shape.join(', '))}]`);
  return firstLine(part.join('; ').replaceAll('\n', ' '));
}
