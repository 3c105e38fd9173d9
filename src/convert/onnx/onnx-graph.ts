import { ProtobufWriter } from './protobuf-writer.js';

/*
 * Builds ONNX models. Field numbers and constants are those of onnx/onnx.proto.
 */

/** IR version 8 with operator set 17 (ONNX 1.12, 2022): read by every ONNX Runtime since 1.12. */
const IR_VERSION = 8;
const OPERATOR_SET = 17;

const FLOAT = 1;
const UINT8 = 2;
const FLOAT16 = 10;

const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** Attribute of a node: one or several non-negative integers, or a float. */
export type Attribute = number | readonly number[] | FloatAttribute;

/** Told from an integer by its class: 1 may be either. */
export class FloatAttribute {
  constructor(readonly value: number) {}
}

/** A size, or the name of one that is known only when the model runs. */
export type Dimension = number | string;

/** What 8-bit levels stand for: (level - zeroPoint) * scale. */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** One ONNX graph: nodes, their constant inputs, named float32 inputs and outputs. */
export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: ProtobufWriter[] = [];
  readonly #constants: ProtobufWriter[] = [];
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  output(name: string, shape: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, shape));
  }

  /** A constant float32 tensor (row-major). Returns its name, for a node to take as input. */
  constant(name: string, shape: readonly number[], values: Float32Array): string {
    this.#constants.push(tensor(name, shape, FLOAT, values));
    return name;
  }

  /** A constant float16 tensor, given as bit patterns, that nodes see as float32. */
  halfConstant(name: string, shape: readonly number[], halves: Uint16Array): string {
    this.#constants.push(tensor(`${name}.half`, shape, FLOAT16, halves));
    return this.node('Cast', name, [`${name}.half`], { to: FLOAT });
  }

  /**
   * A constant of 8 bits an element that nodes see as float32: (level - zeroPoint) * scale. Not
   * DequantizeLinear: onnxruntime keeps that one for kernels of integers and so would run it each time,
   * while it computes these nodes once, when the session is made.
   */
  byteConstant(
    name: string,
    shape: readonly number[],
    levels: Uint8Array,
    { scale, zeroPoint }: Quantization,
  ): string {
    this.#constants.push(tensor(`${name}.levels`, shape, UINT8, levels));
    const float = this.node('Cast', `${name}.float`, [`${name}.levels`], { to: FLOAT });
    const zero = this.constant(`${name}.zero`, [], Float32Array.of(zeroPoint));
    const step = this.constant(`${name}.scale`, [], Float32Array.of(scale));
    return this.node('Mul', name, [this.node('Sub', `${name}.centred`, [float, zero]), step]);
  }

  /** Adds a node whose one output is called `name`, as is the node; returns that name. Add nodes in the order they run. */
  node(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const node = new ProtobufWriter();
    for (const input of inputs) node.string(1, input);
    node.string(2, name).string(3, name).string(4, operator);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value));
    this.#nodes.push(node);
    return name;
  }

  /** The whole model as the bytes of an ONNX file. */
  model(metadata: Readonly<Record<string, string>>): Uint8Array {
    const graph = new ProtobufWriter();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, this.#name);
    for (const constant of this.#constants) graph.message(5, constant);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    const model = new ProtobufWriter()
      .integer(1, IR_VERSION)
      .string(2, 'facecls')
      .message(7, graph)
      .message(8, new ProtobufWriter().string(1, '').integer(2, OPERATOR_SET));
    for (const [key, value] of Object.entries(metadata)) {
      model.message(14, new ProtobufWriter().string(1, key).string(2, value));
    }
    return model.finish();
  }
}

function attribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, name);
  if (typeof value === 'number') return writer.integer(3, value).integer(20, ATTRIBUTE_INT);
  if (value instanceof FloatAttribute) {
    return writer.float(2, value.value).integer(20, ATTRIBUTE_FLOAT);
  }
  return writer.integers(8, value).integer(20, ATTRIBUTE_INTS);
}

function tensor(
  name: string,
  shape: readonly number[],
  type: number,
  values: Float32Array | Uint16Array | Uint8Array,
): ProtobufWriter {
  return new ProtobufWriter()
    .integers(1, shape)
    .integer(2, type)
    .string(8, name)
    .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function valueInfo(name: string, shape: readonly Dimension[]): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    if (typeof size === 'number') dimension.integer(1, size);
    else dimension.string(2, size);
    dimensions.message(1, dimension);
  }
  const tensorType = new ProtobufWriter().integer(1, FLOAT).message(2, dimensions);
  return new ProtobufWriter()
    .string(1, name)
    .message(2, new ProtobufWriter().message(1, tensorType));
}
