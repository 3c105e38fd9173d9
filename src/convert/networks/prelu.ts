import type { OnnxGraph } from '../onnx/onnx-graph.js';

/*
 * Convolutions with PReLU, f(x) = max(x, 0) + a min(x, 0) with a slope a for each channel, written without
 * the operator PRelu.
 *
 * On x86 onnxruntime keeps feature maps in blocks of 8 or 16 channels, where convolutions are fast and apply a
 * ReLU or add a map in passing. PRelu knows no blocks: the map is reordered for it and back, and PRelu itself
 * takes several times as long as the convolution before it. So
 *
 *   f(x) = x + (1 - a) relu(-x)
 *
 * becomes two convolutions of 1 x 1: one negates and applies ReLU, one scales and adds x.
 *
 * Where max pooling follows, only a quarter of the map is left to activate if it is pooled first. With a >= 0,
 * f never falls, so max f(x) = f(max x). With a < 0, f(x) = max(x, a x), so
 *
 *   max f(x) = max(p, q) = p + relu(q - p),    p = max x, q = max a x,
 *
 * for which the convolution before has to give a x as one more channel. That is done where such channels are
 * free.
 */

/** Channels of a block with AVX-512, twice those with AVX2. A block that is not full takes as long as a full one. */
const BLOCK = 16;

/** A feature map of a graph. */
export interface Features {
  readonly name: string;
  /** Of the map: those of the network and, behind them, others that nothing reads. */
  readonly channels: number;
}

/** A convolution of a network: square kernel, stride 1, no padding. */
export interface Convolution {
  readonly name: string;
  /** Side of the kernel, pixels. */
  readonly side: number;
  /** [outputs, inputs, side, side] */
  readonly kernel: Float32Array;
  /** One an output. */
  readonly biases: Float32Array;
}

/** A channel of a map: a multiple of one of a convolution's outputs. */
interface Multiple {
  readonly output: number;
  readonly factor: number;
}

/** Adds a convolution to a graph. */
export function convolve(graph: OnnxGraph, input: Features, convolution: Convolution): Features {
  const outputs = Array.from(convolution.biases, (_, output) => ({ output, factor: 1 }));
  return convolveTo(graph, input, convolution, outputs, outputs.length);
}

/**
 * Adds a convolution with its PReLU and, if given, the max pooling that follows.
 *
 * @param name of the PReLU
 * @param slopes one an output of the convolution
 * @param pool adds the pooling of a map to the graph, returns the name of its output
 */
export function convolveAndActivate(
  graph: OnnxGraph,
  input: Features,
  convolution: Convolution,
  name: string,
  slopes: readonly number[],
  pool?: (map: string) => string,
): Features {
  const outputs = slopes.map((_, output) => ({ output, factor: 1 }));
  const falling = slopes.flatMap((factor, output) => (factor < 0 ? [{ output, factor }] : []));
  const channels = Math.ceil(outputs.length / BLOCK) * BLOCK;
  if (pool !== undefined && outputs.length + falling.length <= channels) {
    const map = convolveTo(graph, input, convolution, [...outputs, ...falling], channels);
    return activatePooled(graph, { ...map, name: pool(map.name) }, name, slopes);
  }
  const map = convolveTo(graph, input, convolution, outputs, channels);
  const features = activate(graph, map, name, slopes);
  return pool === undefined ? features : { ...features, name: pool(features.name) };
}

/** Adds a convolution that gives multiples of its outputs and zeros in the channels behind. */
function convolveTo(
  graph: OnnxGraph,
  input: Features,
  { name, side, kernel, biases }: Convolution,
  multiples: readonly Multiple[],
  channels: number,
): Features {
  const length = kernel.length / biases.length;
  const stride = input.channels * side * side;
  const weight = new Float32Array(channels * stride);
  const bias = new Float32Array(channels);
  for (const [channel, { output, factor }] of multiples.entries()) {
    const row = kernel.subarray(output * length, (output + 1) * length);
    weight.set(
      row.map((value) => factor * value),
      channel * stride,
    );
    bias[channel] = factor * biases[output];
  }
  const constants = [
    graph.constant(`${name}.weight`, [channels, input.channels, side, side], weight),
    graph.constant(`${name}.bias`, [channels], bias),
  ];
  graph.node('Conv', name, [input.name, ...constants], { kernel_shape: [side, side] });
  return { name, channels };
}

/** Adds PReLU of a map. */
function activate(
  graph: OnnxGraph,
  map: Features,
  name: string,
  slopes: readonly number[],
): Features {
  const negation = new Float32Array(map.channels).fill(-1);
  const scale = new Float32Array(map.channels);
  scale.set(slopes.map((slope) => 1 - slope));
  return addRelu(graph, map, name, negation, scale);
}

/**
 * Adds PReLU of a map that was pooled before. Behind the channels of the slopes, p, it has one more for each
 * negative slope, q.
 */
function activatePooled(
  graph: OnnxGraph,
  map: Features,
  name: string,
  slopes: readonly number[],
): Features {
  const { channels } = map;
  const difference = new Float32Array(channels * channels);
  const scale = new Float32Array(channels);
  let q = slopes.length;
  for (const [p, slope] of slopes.entries()) {
    difference[p * channels + p] = -1;
    if (slope < 0) difference[p * channels + q++] = 1;
    scale[p] = slope < 0 ? 1 : 1 - slope;
  }
  return addRelu(graph, map, name, difference, scale);
}

/** Adds x + scale * relu(kernel * x); kernels of 1 x 1, one number a channel or a matrix of channels. */
function addRelu(
  graph: OnnxGraph,
  { name: map, channels }: Features,
  name: string,
  kernel: Float32Array,
  scale: Float32Array,
): Features {
  const pointwise = (input: string, part: string, values: Float32Array): string => {
    const inputs = values.length / channels;
    const weight = graph.constant(`${part}.weight`, [channels, inputs, 1, 1], values);
    return graph.node('Conv', part, [input, weight], {
      kernel_shape: [1, 1],
      group: inputs === 1 ? channels : 1,
    });
  };
  const relu = graph.node('Relu', `${name}.relu`, [pointwise(map, `${name}.below`, kernel)]);
  const scaled = pointwise(relu, `${name}.scaled`, scale);
  return { name: graph.node('Add', name, [map, scaled]), channels };
}
