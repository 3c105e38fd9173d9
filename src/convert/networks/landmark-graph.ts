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

  const bias = (name: string, outputs: number): string =>
    graph.constant(name, [outputs], tensors.numbers(name, [outputs]));

  const plain = (input: string, name: string, inputs: number, outputs: number): string =>
    convolution(
      graph,
      name,
      [
        input,
        kernelConstant(graph, tensors, `${name}/filters`, [3, inputs, outputs]),
        bias(`${name}/bias`, outputs),
      ],
      { kernel: 3, stride: 2 },
    );

  const separable = (
    input: string,
    name: string,
    [inputs, outputs]: readonly [inputs: number, outputs: number],
    stride: number,
  ): string => {
    const filter = depthwiseConstant(graph, tensors, `${name}/depthwise_filter`, inputs);
    const options = { kernel: 3, stride, group: inputs };
    const spread = convolution(graph, `${name}/depthwise`, [input, filter], options);
    const mix = kernelConstant(graph, tensors, `${name}/pointwise_filter`, [1, inputs, outputs]);
    const mixed = [spread, mix, bias(`${name}/bias`, outputs)];
    return convolution(graph, name, mixed, { kernel: 1, stride: 1 });
  };

  const relu = (input: string): string => graph.node('Relu', `${input}/relu`, [input]);

  let channels = 3;
  let features = graph.input('input', ['N', channels, SIDE, SIDE]);
  for (const [index, outputs] of BLOCKS.entries()) {
    const block = `dense${index}`;
    const first =
      index === 0
        ? plain(features, `${block}/conv0`, channels, outputs)
        : separable(features, `${block}/conv0`, [channels, outputs], 2);
    let sum = relu(first);
    features = sum;
    for (let i = 1; i < CONVOLUTIONS; i++) {
      const next = separable(features, `${block}/conv${i}`, [outputs, outputs], 1);
      sum = graph.node('Add', `${block}/sum${i}`, [sum, next]);
      features = relu(sum);
    }
    channels = outputs;
  }

  const pooled = graph.node('AveragePool', 'pool', [features], {
    kernel_shape: [LAST_SIDE, LAST_SIDE],
  });
  const row = graph.node('Flatten', 'row', [pooled], { axis: 1 });
  const outputs = 2 * POINTS;
  const matrix = graph.constant(
    'fc/weights',
    [channels, outputs],
    tensors.numbers('fc/weights', [channels, outputs]),
  );
  graph.node('Gemm', 'landmarks', [row, matrix, bias('fc/bias', outputs)]);
  graph.output('landmarks', ['N', outputs]);
  tensors.refuseLeftOver();
  const preprocessing = '(x - [122.782, 117.001, 104.298]) / 255, RGB, NCHW';
  return graph.model({ ...metadata, preprocessing });
}
