import { OnnxGraph } from '../onnx/onnx-graph.js';
import { TfjsTensors, type TfjsWeights } from '../tfjs/tfjs-weights.js';
import { convolution, depthwiseConstant, kernelConstant } from './tfjs-graph.js';

/*
 * The 68-point landmark network of @vladmandic/face-api (face_landmark_68_model): four blocks of four depthwise
 * separable convolutions, in which each gets the sum of the outputs before it, and a fully connected layer.
 */

/** Side of the input, pixels. */
const SIDE = 112;

/** Channels of each block; its first convolution halves the side. */
const BLOCKS = [32, 64, 128, 256] as const;
const CONVOLUTIONS = 4;

/** Side of the last feature map: 112 halved four times. */
const LAST_SIDE = 7;

const POINTS = 68;

/**
 * Writes the network as ONNX. Input: `input` float32 [N, 3, 112, 112], RGB, less the mean colour, / 255. Output:
 * `landmarks` float32 [N, 136], x and y of each point in units of the side, from its upper left corner.
 *
 * @param weights of face_landmark_68_model
 * @throws FormatError naming the first tensor that is missing, left over or of another shape
 */
export function landmarkOnnx(
  weights: TfjsWeights,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = new TfjsTensors(weights);
  const graph = new OnnxGraph('face_landmark_68');
  const layers = new LandmarkLayers(graph, tensors);

  let channels = 3;
  let features = graph.input('input', ['N', channels, SIDE, SIDE]);
  for (const [index, outputs] of BLOCKS.entries()) {
    const block = `dense${index}`;
    const shape = [channels, outputs] as const;
    const first =
      index === 0
        ? layers.plain(features, `${block}/conv0`, shape)
        : layers.separable(features, `${block}/conv0`, shape, 2);
    let sum = layers.relu(first);
    features = sum;
    for (let i = 1; i < CONVOLUTIONS; i++) {
      const next = layers.separable(features, `${block}/conv${i}`, [outputs, outputs], 1);
      sum = graph.node('Add', `${block}/sum${i}`, [sum, next]);
      features = layers.relu(sum);
    }
    channels = outputs;
  }

  const pooled = graph.node('AveragePool', 'pool', [features], {
    kernel_shape: [LAST_SIDE, LAST_SIDE],
  });
  const row = graph.node('Flatten', 'row', [pooled], { axis: 1 });
  layers.fullyConnected(row, 'landmarks', [channels, 2 * POINTS]);
  graph.output('landmarks', ['N', 2 * POINTS]);
  tensors.refuseLeftOver();
  const preprocessing = '(x - [122.782, 117.001, 104.298]) / 255, RGB, NCHW';
  return graph.model({ ...metadata, preprocessing });
}

type Shape = readonly [inputs: number, outputs: number];

/** Adds the layers of the network to a graph, their tensors with them. */
class LandmarkLayers {
  constructor(
    private readonly graph: OnnxGraph,
    private readonly tensors: TfjsTensors,
  ) {}

  /** A convolution of 3x3, stride 2. */
  plain(input: string, name: string, [inputs, outputs]: Shape): string {
    const kernel = kernelConstant(this.graph, this.tensors, `${name}/filters`, [
      3,
      inputs,
      outputs,
    ]);
    const operands = [input, kernel, this.bias(`${name}/bias`, outputs)];
    return convolution(this.graph, name, operands, { kernel: 3, stride: 2 });
  }

  /** A depthwise convolution of 3x3, then one of 1x1. */
  separable(input: string, name: string, [inputs, outputs]: Shape, stride: number): string {
    const { graph, tensors } = this;
    const filter = depthwiseConstant(graph, tensors, `${name}/depthwise_filter`, inputs);
    const options = { kernel: 3, stride, group: inputs };
    const spread = convolution(graph, `${name}/depthwise`, [input, filter], options);
    const mix = kernelConstant(graph, tensors, `${name}/pointwise_filter`, [1, inputs, outputs]);
    const mixed = [spread, mix, this.bias(`${name}/bias`, outputs)];
    return convolution(graph, name, mixed, { kernel: 1, stride: 1 });
  }

  relu(input: string): string {
    return this.graph.node('Relu', `${input}/relu`, [input]);
  }

  fullyConnected(input: string, name: string, shape: Shape): void {
    const weights = this.tensors.numbers('fc/weights', shape);
    const matrix = this.graph.constant('fc/weights', shape, weights);
    this.graph.node('Gemm', name, [input, matrix, this.bias('fc/bias', shape[1])]);
  }

  private bias(name: string, outputs: number): string {
    return this.graph.constant(name, [outputs], this.tensors.numbers(name, [outputs]));
  }
}
