import { FormatError, quoted } from '../format-error.js';
import type { OnnxGraph } from '../onnx/onnx-graph.js';
import type { TfjsTensors } from '../tfjs/tfjs-weights.js';
import { elementCount } from '../torch/tensor-data.js';

/*
 * Layers of TensorFlow written as ONNX nodes. Feature maps are NCHW; kernels come as [height, width, in, out],
 * those of depthwise convolutions as [height, width, channels, 1].
 */

const KERNEL = 3;

/**
 * "Same" padding of a 3x3 kernel. TensorFlow pads so that ceil(side / stride) outputs fit, the odd pixel at the
 * end: with stride 2 on an even side that is nothing before and one pixel after. All sides here are even.
 */
function samePads(kernel: number, stride: number): number[] {
  if (kernel === 1) return [0, 0, 0, 0];
  return stride === 1 ? [1, 1, 1, 1] : [0, 0, 1, 1];
}

/**
 * A kernel, [out, in, height, width] for the nodes that read it. It is stored as it comes, in 8 bits and in
 * TensorFlow's order: onnxruntime turns it around once, when the session is made.
 *
 * @param outputs which of the kernel's outputs; all if undefined
 */
export function kernelConstant(
  graph: OnnxGraph,
  tensors: TfjsTensors,
  name: string,
  shape: readonly [kernel: number, inputs: number, outputs: number],
  outputs?: readonly number[],
): string {
  const [kernel, inputs, all] = shape;
  const tensor = tensors.take(name, [kernel, kernel, inputs, all]);
  if (tensor.kind !== 'quantized') throw new FormatError(`has ${quoted(name)} not quantized`);
  const zeroPoint = -tensor.min / tensor.scale;
  // The quantization was made so that 0 is a level (tfjs-converter's quantization.py).
  if (!(Math.abs(zeroPoint - Math.round(zeroPoint)) < 1e-3)) {
    throw new FormatError(`has ${quoted(name)} quantized in an unknown way`);
  }
  const levels = outputs === undefined ? tensor.levels : columns(tensor.levels, all, outputs);
  const stored = graph.byteConstant(
    `${name}/stored`,
    [kernel, kernel, inputs, outputs?.length ?? all],
    levels,
    { scale: tensor.scale, zeroPoint: Math.round(zeroPoint) },
  );
  return graph.node('Transpose', name, [stored], { perm: [3, 2, 0, 1] });
}

/** Some columns of a matrix, by their numbers. */
function columns(matrix: Uint8Array, width: number, kept: readonly number[]): Uint8Array {
  const rows = matrix.length / width;
  return Uint8Array.from({ length: rows * kept.length }, (_, i) => {
    const row = Math.floor(i / kept.length);
    return matrix[row * width + kept[i % kept.length]];
  });
}

/** A depthwise 3x3 kernel, [channels, 1, 3, 3], times a factor for each channel. */
export function depthwiseConstant(
  graph: OnnxGraph,
  tensors: TfjsTensors,
  name: string,
  channels: number,
  factors?: Float64Array,
): string {
  const values = tensors.numbers(name, [KERNEL, KERNEL, channels, 1]);
  const shape = [channels, 1, KERNEL, KERNEL];
  const ordered = new Float32Array(elementCount(shape));
  const area = KERNEL * KERNEL;
  for (let channel = 0; channel < channels; channel++) {
    const factor = factors?.[channel] ?? 1;
    for (let k = 0; k < area; k++) {
      ordered[channel * area + k] = values[k * channels + channel] * factor;
    }
  }
  return graph.constant(name, shape, ordered);
}

/** A convolution with "same" padding; `weights` and, if any, the bias are names of constants. */
export function convolution(
  graph: OnnxGraph,
  name: string,
  inputs: readonly string[],
  { kernel, stride, group = 1 }: { kernel: number; stride: number; group?: number },
): string {
  return graph.node('Conv', name, inputs, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: samePads(kernel, stride),
    group,
  });
}
