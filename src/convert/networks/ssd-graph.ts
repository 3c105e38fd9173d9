import { OnnxGraph } from '../onnx/onnx-graph.js';
import { TfjsTensors, type TfjsWeights } from '../tfjs/tfjs-weights.js';
import { convolution, depthwiseConstant, kernelConstant } from './tfjs-graph.js';

/*
 * The detector of @vladmandic/face-api: a Single Shot MultiBox Detector (Liu et al., 2016) on MobileNet v1
 * (Howard et al., 2017) of TensorFlow's object detection models, trained on WIDER FACE.
 */

/** Side of the input, pixels. */
const SIDE = 512;

/** MobileNet v1: outputs and stride of each depthwise separable layer, Conv2d_1 and on. */
const LAYERS: readonly (readonly [outputs: number, stride: number])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
];
const FIRST_OUTPUTS = 32;
/** Layer whose features the first predictor reads; the second reads the last layer's. */
const EARLY_LAYER = 11;

/** Pairs of layers after MobileNet, 1x1 then 3x3 of stride 2; a predictor reads each pair's features. */
const EXTRA_LAYERS: readonly (readonly [narrow: number, wide: number])[] = [
  [256, 512],
  [128, 256],
  [128, 256],
  [64, 128],
];

/** Prior boxes at each place: three for the first predictor, six for the others. */
const FIRST_PRIORS = 3;
const PRIORS = 6;

/** Classes of the score predictors: nothing, face, and one that is never read. */
const CLASSES = 3;
const FACE = 1;

/** What the variance gets added before the root is taken: TensorFlow's 0.001 as float32. */
const EPSILON = 0.0010000000474974513;

/** Activations are cut off here (ReLU6). */
const CEILING = 6;

/**
 * Writes the detector as ONNX. Input: `input` float32 [1, 3, 512, 512], RGB, x / 127.5 - 1. Outputs, float32,
 * a prior box after the other (detect/ssd/priors.ts has their order): `boxes` [1, 4 * 5118], corrections of
 * centre y, centre x, height and width; `scores` [1, 5118], probability of a face.
 *
 * @param weights of ssd_mobilenetv1_model
 * @throws FormatError naming the first tensor that is missing, left over or of another shape
 */
export function ssdOnnx(
  weights: TfjsWeights,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = new TfjsTensors(weights);
  const graph = new OnnxGraph('ssd_mobilenetv1');
  const layers = new SsdLayers(graph, tensors);
  const boxes: string[] = [];
  const logits: string[] = [];
  for (const [index, { name, channels }] of featureMaps(graph, layers).entries()) {
    const priors = index === 0 ? FIRST_PRIORS : PRIORS;
    const predictor = `Prediction/BoxPredictor_${index}`;
    const faces = Array.from({ length: priors }, (_, prior) => prior * CLASSES + FACE);
    const boxShape = [1, channels, 4 * priors] as const;
    const classShape = [1, channels, CLASSES * priors] as const;
    boxes.push(layers.predict(name, `${predictor}/BoxEncodingPredictor`, boxShape));
    logits.push(layers.predict(name, `${predictor}/ClassPredictor`, classShape, faces));
  }
  graph.node('Concat', 'boxes', boxes, { axis: 1 });
  graph.node('Sigmoid', 'scores', [graph.node('Concat', 'logits', logits, { axis: 1 })]);

  // What is left describes the original graph's own steps: scaling of pixels, and the table of prior boxes.
  const priors = tensors.take('Output/extra_dim', [1, PRIOR_COUNT, 4]);
  tensors.take('Preprocessor/mul/x', []);
  tensors.take('Preprocessor/sub/y', []);
  tensors.refuseLeftOver();
  graph.output('boxes', [1, 4 * priors.shape[1]]);
  graph.output('scores', [1, priors.shape[1]]);
  return graph.model({ ...metadata, preprocessing: 'x / 127.5 - 1, RGB, NCHW' });
}

interface FeatureMap {
  readonly name: string;
  readonly channels: number;
}

/** Adds MobileNet and the layers behind it. Returns the feature maps that the predictors read. */
function featureMaps(graph: OnnxGraph, layers: SsdLayers): FeatureMap[] {
  const maps: FeatureMap[] = [];
  let channels = FIRST_OUTPUTS;
  let last = graph.input('input', [1, 3, SIDE, SIDE]);
  last = layers.pointwise(last, 'MobilenetV1/Conv2d_0', [3, 3, channels], 2);
  for (const [index, [outputs, stride]] of LAYERS.entries()) {
    const name = `MobilenetV1/Conv2d_${index + 1}`;
    last = layers.depthwise(last, `${name}_depthwise`, channels, stride);
    last = layers.pointwise(last, name, [1, channels, outputs]);
    channels = outputs;
    if (index + 1 === EARLY_LAYER) maps.push({ name: last, channels });
  }
  maps.push({ name: last, channels });
  for (const [index, [narrow, wide]] of EXTRA_LAYERS.entries()) {
    last = layers.pointwise(last, `Prediction/Conv2d_${2 * index}`, [1, channels, narrow]);
    last = layers.pointwise(last, `Prediction/Conv2d_${2 * index + 1}`, [3, narrow, wide], 2);
    channels = wide;
    maps.push({ name: last, channels });
  }
  return maps;
}

type KernelShape = readonly [kernel: number, inputs: number, outputs: number];

/** Adds the layers of the network to a graph, their tensors with them. */
class SsdLayers {
  private readonly floor: string;
  private readonly ceiling: string;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly tensors: TfjsTensors,
  ) {
    this.floor = graph.constant('floor', [], Float32Array.of(0));
    this.ceiling = graph.constant('ceiling', [], Float32Array.of(CEILING));
  }

  /** Called pointwise in the weights, whatever its kernel. */
  pointwise(input: string, name: string, shape: KernelShape, stride = 1): string {
    const { graph, tensors } = this;
    const kernel = kernelConstant(graph, tensors, `${name}_pointwise/weights`, shape);
    const offset = `${name}_pointwise/convolution_bn_offset`;
    const bias = graph.constant(offset, [shape[2]], tensors.numbers(offset, [shape[2]]));
    const options = { kernel: shape[0], stride };
    return this.relu6(convolution(graph, `${name}_pointwise`, [input, kernel, bias], options));
  }

  /** Its batch normalization goes into the kernel and a bias. */
  depthwise(input: string, name: string, channels: number, stride: number): string {
    const { graph, tensors } = this;
    const statistic = (key: string) => tensors.numbers(`${name}/BatchNorm/${key}`, [channels]);
    const gamma = statistic('gamma');
    const beta = statistic('beta');
    const mean = statistic('moving_mean');
    const variance = statistic('moving_variance');
    const factors = Float64Array.from(gamma, (g, i) => g / Math.sqrt(variance[i] + EPSILON));
    const offsets = Float32Array.from(beta, (b, i) => b - mean[i] * factors[i]);
    const inputs = [
      input,
      depthwiseConstant(graph, tensors, `${name}/depthwise_weights`, channels, factors),
      graph.constant(`${name}/offset`, [channels], offsets),
    ];
    return this.relu6(convolution(graph, name, inputs, { kernel: 3, stride, group: channels }));
  }

  /**
   * Rows of a predictor's outputs, place by place and prior box by prior box.
   *
   * @param kept which of the outputs; all if undefined
   */
  predict(input: string, name: string, shape: KernelShape, kept?: readonly number[]): string {
    const { graph, tensors } = this;
    const all = tensors.numbers(`${name}/biases`, [shape[2]]);
    const biases = kept === undefined ? all : all.filter((_, i) => kept.includes(i));
    const inputs = [
      input,
      kernelConstant(graph, tensors, `${name}/weights`, shape, kept),
      graph.constant(`${name}/biases`, [biases.length], biases),
    ];
    const raw = convolution(graph, name, inputs, { kernel: 1, stride: 1 });
    const byPlace = graph.node('Transpose', `${name}/by_place`, [raw], { perm: [0, 2, 3, 1] });
    return graph.node('Flatten', `${name}/rows`, [byPlace], { axis: 1 });
  }

  private relu6(features: string): string {
    return this.graph.node('Clip', `${features}/relu6`, [features, this.floor, this.ceiling]);
  }
}

/** 3 x 32 x 32 + 6 x (16 x 16 + 8 x 8 + 4 x 4 + 2 x 2 + 1). */
const PRIOR_COUNT = 5118;
