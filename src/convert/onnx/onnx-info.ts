import { ModelError } from '../../files/errors.js';
import { FormatError } from '../format-error.js';
import { protobufFields } from './protobuf-reader.js';

/** An input or output of an ONNX graph. */
export interface OnnxValue {
  readonly name: string;
  /** onnx.proto's TensorProto.DataType: 1 is float32, 10 float16. 0 if it is not a tensor. */
  readonly elementType: number;
  /** Sizes; a name where the size is free, '' where it is not even named. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxInfo {
  readonly producer: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** Without the constants, which old files list among the inputs. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/**
 * What an ONNX file says about itself, read without running or loading it. Safe on any bytes.
 * Throws `ModelError`, beginning with `file`, if the bytes are not an ONNX model.
 */
export function readOnnxInfo(bytes: Uint8Array, file = 'the model'): OnnxInfo {
  try {
    return readModel(bytes);
  } catch (error) {
    if (error instanceof FormatError) throw new ModelError(`${file} ${error.message}`);
    throw error;
  }
}

/* Field numbers below are those of onnx/onnx.proto. */

function readModel(bytes: Uint8Array): OnnxInfo {
  let producer = '';
  let graph: Uint8Array | undefined;
  const metadata = new Map<string, string>();
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'number') continue;
    if (metadata.size > MOST_ENTRIES) throw tooMany();
    if (number === 2) producer = text(value);
    else if (number === 7) graph = value;
    else if (number === 14) metadata.set(stringField(value, 1), stringField(value, 2));
  }
  if (graph === undefined) {
    throw new FormatError('is not an ONNX file (it has no graph): give one, or a checkpoint');
  }
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const constants = new Set<string>();
  for (const { number, value } of protobufFields(graph)) {
    if (typeof value === 'number') continue;
    if (constants.size + inputs.length + outputs.length > MOST_ENTRIES) throw tooMany();
    if (number === 5) constants.add(stringField(value, 8));
    else if (number === 11) inputs.push(readValue(value));
    else if (number === 12) outputs.push(readValue(value));
  }
  return { producer, metadata, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs };
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 … } } }. */
function readValue(bytes: Uint8Array): OnnxValue {
  const type = messageField(bytes, 2);
  const tensor = messageField(type, 1);
  let elementType = 0;
  for (const { number, value } of protobufFields(tensor)) {
    if (number === 1 && typeof value === 'number') elementType = value;
  }
  const shape: (number | string)[] = [];
  for (const { number, value } of protobufFields(messageField(tensor, 2))) {
    if (number === 1 && typeof value !== 'number') shape.push(readDimension(value));
  }
  return { name: stringField(bytes, 1), elementType, shape };
}

/** Dimension: dim_value 1 or dim_param 2. */
function readDimension(bytes: Uint8Array): number | string {
  for (const { number, value } of protobufFields(bytes)) {
    if (number === 1 && typeof value === 'number') return value;
    if (number === 2 && typeof value !== 'number') return text(value);
  }
  return '';
}

/** A nested message, the last one if it is repeated, empty if it is not there. */
function messageField(bytes: Uint8Array, field: number): Uint8Array {
  let message: Uint8Array = new Uint8Array(0);
  for (const { number, value } of protobufFields(bytes)) {
    if (number === field && typeof value !== 'number') message = value;
  }
  return message;
}

function stringField(bytes: Uint8Array, field: number): string {
  return text(messageField(bytes, field));
}

/** Longer names and values than this are cut: no real one is, and a hostile one may be huge. */
const LONGEST_TEXT = 1 << 12;

/** Inputs, outputs, constants and metadata that are kept, at most: ten times those of large networks. */
const MOST_ENTRIES = 1 << 16;

function tooMany(): FormatError {
  return new FormatError('is no classifier (it has far too many parts): give another ONNX file');
}

function text(bytes: Uint8Array): string {
  const part = bytes.subarray(0, LONGEST_TEXT);
  return Buffer.from(part.buffer, part.byteOffset, part.length).toString('utf8');
}
