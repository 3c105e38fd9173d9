import { FormatError, quoted } from '../format-error.js';
import { allHalvesFinite, floatToHalf } from '../onnx/float16.js';
import { FloatAttribute, OnnxGraph } from '../onnx/onnx-graph.js';
import type { StateDict } from '../torch/state-dict.js';
import type { TensorData } from '../torch/tensor-data.js';

/*
 * torchvision's ResNet-18 (torchvision/models/resnet.py): a stem, four layers of two basic blocks,
 * average pooling and one fully connected layer. BatchNorm stays a node of its own: ONNX Runtime folds
 * it into the convolution when it loads the network, so that costs nothing, results were measured to
 * be nearer to PyTorch's than with folding here, and half-precision weights are kept to the bit.
 */

export type Precision = 'fp32' | 'fp16';

/** Reads the numbers of a tensor, by its name within the network, in row-major order. */
export type ReadTensor = (name: string) => TensorData;

export interface NetworkOptions {
  readonly precision: Precision;
  /** What the logits are divided by; without it there is no division. */
  readonly temperature?: number | undefined;
}

/** In the order of ONNX's BatchNormalization. */
const BATCH_NORM_TENSORS = ['weight', 'bias', 'running_mean', 'running_var'];

/** torch.nn.BatchNorm2d's default, which torchvision keeps. */
const BATCH_NORM_EPSILON = 1e-5;

/**
 * Channels of the stem, at most; torchvision's ResNet-18 has 64. It bounds memory where a small file has, by
 * compression or by tensors that share their numbers, a network of any size.
 */
const WIDEST = 128;

/** RGB. */
const INPUT_CHANNELS = 3;

interface Convolution {
  /** Names of the convolution and of the BatchNorm after it. */
  readonly name: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Side of the square kernel; padding keeps the size: (kernel - 1) / 2. */
  readonly kernel: number;
  readonly stride: number;
}

interface Block {
  readonly name: string;
  readonly conv1: Convolution;
  readonly conv2: Convolution;
  /** Present where the block changes the shape. */
  readonly downsample: Convolution | undefined;
}

function stem(width: number): Convolution {
  const name = 'conv1';
  return { name, norm: 'bn1', inputs: INPUT_CHANNELS, outputs: width, kernel: 7, stride: 2 };
}

/** The eight blocks for a stem of `width` channels (64 in the published network). */
function blocks(width: number): Block[] {
  const result: Block[] = [];
  let inputs = width;
  for (let layer = 1; layer <= 4; layer++) {
    const outputs = width * 2 ** (layer - 1);
    for (let index = 0; index < 2; index++) {
      const name = `layer${layer}.${index}`;
      const stride = layer > 1 && index === 0 ? 2 : 1;
      const convolution = (
        conv: string,
        norm: string,
        shape: Omit<Convolution, 'name' | 'norm'>,
      ) => ({
        name: `${name}.${conv}`,
        norm: `${name}.${norm}`,
        ...shape,
      });
      result.push({
        name,
        conv1: convolution('conv1', 'bn1', { inputs, outputs, kernel: 3, stride }),
        conv2: convolution('conv2', 'bn2', { inputs: outputs, outputs, kernel: 3, stride: 1 }),
        downsample:
          stride === 2
            ? convolution('downsample.0', 'downsample.1', { inputs, outputs, kernel: 1, stride })
            : undefined,
      });
      inputs = outputs;
    }
  }
  return result;
}

/** Every tensor of the network and its shape. */
function expectedShapes(width: number, classes: number): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const addConvolution = ({ name, norm, inputs, outputs, kernel }: Convolution) => {
    shapes.set(`${name}.weight`, [outputs, inputs, kernel, kernel]);
    for (const tensor of BATCH_NORM_TENSORS) shapes.set(`${norm}.${tensor}`, [outputs]);
  };
  addConvolution(stem(width));
  for (const block of blocks(width)) {
    addConvolution(block.conv1);
    addConvolution(block.conv2);
    if (block.downsample !== undefined) addConvolution(block.downsample);
  }
  shapes.set('fc.weight', [classes, width * 8]);
  shapes.set('fc.bias', [classes]);
  return shapes;
}

/**
 * Checks that a state dict has exactly the tensors of a ResNet-18 with `classes` outputs, each of
 * the right shape. Only BatchNorm's `num_batches_tracked`, which inference does not use, may be
 * there or not. Returns the number of channels of the stem.
 * Throws `FormatError` naming the first tensor that is left over, missing or of another shape.
 */
function checkTensors({ prefix, tensors }: StateDict, classes: number): number {
  const width = tensors.get('conv1.weight')?.shape[0] ?? 0;
  if (width > WIDEST) {
    throw new FormatError(
      `is not a ResNet-18: it begins with ${width} channels, more than ${WIDEST}; give the checkpoint of a torchvision ResNet-18`,
    );
  }
  const shapes = expectedShapes(width, classes);
  checkIsWhole(prefix, tensors);
  for (const name of tensors.keys()) {
    const isCounter =
      name.endsWith('.num_batches_tracked') &&
      shapes.has(name.replace(/num_batches_tracked$/, 'running_var'));
    if (!shapes.has(name) && !isCounter) throw leftOver(prefix, name);
  }
  for (const name of shapes.keys()) {
    if (!tensors.has(name)) {
      throw new FormatError(
        `lacks the tensor ${quoted(prefix + name)} of a ResNet-18: save the whole state_dict`,
      );
    }
  }
  const outputs = tensors.get('fc.weight')!.shape[0];
  if (outputs !== classes) {
    throw new FormatError(
      `is a classifier of ${outputs} classes, not of ${classes}: give a checkpoint that was trained for ${classes}`,
    );
  }
  for (const [name, expected] of shapes) {
    const { shape } = tensors.get(name)!;
    const fits =
      shape.length === expected.length && expected.every((n, axis) => n > 0 && n === shape[axis]);
    if (!fits) {
      throw new FormatError(
        `is not a ResNet-18: its ${quoted(prefix + name)} has the shape [${shape.join(', ')}] where [${expected.join(', ')}] is needed; give the checkpoint of a torchvision ResNet-18`,
      );
    }
  }
  return width;
}

/** Refuses weights in parts: of torch.nn.utils.prune a product, of its norms more than that. */
function checkIsWhole(prefix: string, tensors: StateDict['tensors']): void {
  for (const name of tensors.keys()) {
    const [, layer, parameter, part] = /^(.+)\.(weight|bias)_(orig|mask|g|v)$/.exec(name) ?? [];
    if (layer === undefined) continue;
    const tensor = `${layer}.${parameter}`;
    if (tensors.has(`${tensor}_orig`) && tensors.has(`${tensor}_mask`)) {
      throw new FormatError(
        `is pruned: it has ${quoted(`${prefix}${tensor}_orig`)} and ${quoted(`${prefix}${tensor}_mask`)} in place of ${quoted(prefix + tensor)}; multiply them (torch.nn.utils.prune.remove) and save the state_dict again`,
      );
    }
    throw new FormatError(
      `has only parts of ${quoted(prefix + tensor)} (${quoted(`${parameter}_${part}`)}): remove the parametrization (torch.nn.utils.remove_weight_norm, remove_spectral_norm) and save the state_dict again`,
    );
  }
}

function leftOver(prefix: string, name: string): FormatError {
  const block = /^(layer\d+\.\d+)\.(conv[12]|bn[12])\./.exec(name)?.[1];
  const what =
    block === undefined
      ? `it has ${quoted(prefix + name)}`
      : `it has the extra layer ${quoted(prefix + block)} (a ResNet-18 has two blocks in each of four layers)`;
  return new FormatError(
    `is not a ResNet-18: ${what}; give the checkpoint of a torchvision ResNet-18`,
  );
}

/**
 * Writes the network as ONNX: `input` float32 [N, 3, H, W] of any size, `probabilities` float32
 * [N, classes]. With `fp16` the kernels are stored as half precision and cast to float32 before
 * use, which halves the file; biases and BatchNorm stay float32. A temperature is a division of the
 * logits, a node of its own, so that the stored weights are the checkpoint's.
 * Throws `FormatError` naming the first tensor that is left over, missing, of another shape, or
 * holds values that cannot be used.
 */
export function resnet18Onnx(
  network: StateDict,
  classes: number,
  read: ReadTensor,
  { precision, temperature }: NetworkOptions,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const width = checkTensors(network, classes);
  const graph = new OnnxGraph('resnet18');
  const layers = new ResNetLayers(graph, new FiniteTensors(read, network.prefix), precision);

  let features = graph.input('input', ['N', INPUT_CHANNELS, 'H', 'W']);
  features = layers.relu(layers.convolution(features, stem(width)));
  features = graph.node('MaxPool', 'maxpool', [features], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  for (const { name, conv1, conv2, downsample } of blocks(width)) {
    const inner = layers.relu(layers.convolution(features, conv1));
    const residual = layers.convolution(inner, conv2);
    const shortcut = downsample ? layers.convolution(features, downsample) : features;
    features = layers.relu(graph.node('Add', name, [residual, shortcut]));
  }
  features = graph.node('GlobalAveragePool', 'avgpool', [features]);
  features = graph.node('Flatten', 'flatten', [features], { axis: 1 });
  const logits = layers.fullyConnected(features, 'fc', [classes, width * 8]);
  const scaled =
    temperature === undefined
      ? logits
      : graph.node('Div', 'scaled_logits', [
          logits,
          graph.constant('temperature', [], Float32Array.of(temperature)),
        ]);
  graph.output(graph.node('Softmax', 'probabilities', [scaled], { axis: 1 }), ['N', classes]);
  return graph.model(metadata);
}

/** Adds the layers of the network to a graph, their tensors with them. */
class ResNetLayers {
  constructor(
    private readonly graph: OnnxGraph,
    private readonly tensors: FiniteTensors,
    private readonly precision: Precision,
  ) {}

  /** The convolution and the BatchNorm after it. */
  convolution(input: string, { name, norm, inputs, outputs, kernel, stride }: Convolution): string {
    const padding = (kernel - 1) / 2;
    const weights = this.kernel(`${name}.weight`, [outputs, inputs, kernel, kernel]);
    const convolved = this.graph.node('Conv', name, [input, weights], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
    const parameters = BATCH_NORM_TENSORS.map((tensor) => {
      const parameter = `${norm}.${tensor}`;
      const values =
        tensor === 'running_var' ? this.tensors.variance(parameter) : this.tensors.read(parameter);
      return this.graph.constant(parameter, [outputs], values);
    });
    return this.graph.node('BatchNormalization', norm, [convolved, ...parameters], {
      epsilon: new FloatAttribute(BATCH_NORM_EPSILON),
    });
  }

  relu(input: string): string {
    return this.graph.node('Relu', `${input}.relu`, [input]);
  }

  fullyConnected(input: string, name: string, shape: readonly [number, number]): string {
    const weights = this.kernel(`${name}.weight`, shape);
    const bias = `${name}.bias`;
    const inputs = [input, weights, this.graph.constant(bias, [shape[0]], this.tensors.read(bias))];
    return this.graph.node('Gemm', name, inputs, { transB: 1 });
  }

  private kernel(name: string, shape: readonly number[]): string {
    const weights = this.tensors.read(name);
    if (this.precision === 'fp32') return this.graph.constant(name, shape, weights);
    const halves = floatToHalf(weights);
    if (!allHalvesFinite(halves)) {
      throw new FormatError(
        `has weights in ${this.tensors.nameInFile(name)} that are too large for half precision: convert it with --precision fp32`,
      );
    }
    return this.graph.halfConstant(name, shape, halves);
  }
}

/** The tensors of a file by their names in the network, refused where one holds what cannot be used. */
class FiniteTensors {
  constructor(
    private readonly readTensor: ReadTensor,
    private readonly prefix: string,
  ) {}

  nameInFile(name: string): string {
    return quoted(this.prefix + name);
  }

  read(name: string): Float32Array {
    const values = this.readTensor(name);
    const weights = values instanceof Float32Array ? values : Float32Array.from(values);
    if (allFinite(weights)) return weights;
    throw new FormatError(
      `holds a value in ${this.nameInFile(name)} that is not a finite float32 (NaN or infinite): the training that wrote it went wrong, use an earlier checkpoint`,
    );
  }

  /** BatchNorm divides by the square root of the variance: a negative one would give NaN. */
  variance(name: string): Float32Array {
    const values = this.read(name);
    if (values.every((variance) => variance >= 0)) return values;
    throw new FormatError(
      `has a negative variance in ${this.nameInFile(name)}: the training that wrote it went wrong, use an earlier checkpoint`,
    );
  }
}

function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    // Infinity - Infinity and NaN - NaN are NaN.
    if (values[i] - values[i] !== 0) return false;
  }
  return true;
}
