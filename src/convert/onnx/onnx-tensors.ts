import { FormatError } from '../format-error.js';
import { protobufFields } from './protobuf-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** Messages of onnx/onnx.proto that hold tensors, however deep. */
export type Message =
  | 'model'
  | 'graph'
  | 'node'
  | 'attribute'
  | 'function'
  | 'training'
  | 'sparse'
  | 'tensor';

/** Which fields of a message hold which others. */
const CHILDREN: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  training: { 1: 'graph', 2: 'graph' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

/** A graph in a graph is three levels. Protocol buffers themselves end at 100. */
const MOST_LEVELS = 100;

/**
 * Gives every tensor of a message to `visit`: initializers, attributes of nodes, sparse ones, and those of graphs and
 * functions within.
 *
 * @throws FormatError where the message is not well formed
 */
export function visitTensors(
  bytes: Uint8Array,
  visit: (tensor: Uint8Array) => void,
  message: Message = 'model',
  level = 0,
): void {
  if (message === 'tensor') {
    visit(bytes);
    return;
  }
  for (const { value, child } of fieldsOf(bytes, message, level)) {
    if (child !== undefined) visitTensors(value, visit, child, level + 1);
  }
}

/**
 * The message with other tensors: `replace` gives what stands in the place of each, undefined for the same.
 *
 * @returns undefined where all are the same
 * @throws FormatError where the message is not well formed
 */
export function replaceTensors(
  bytes: Uint8Array,
  replace: (tensor: Uint8Array) => ProtobufWriter | undefined,
  message: Message = 'model',
  level = 0,
): ProtobufWriter | undefined {
  if (message === 'tensor') return replace(bytes);
  const writer = new ProtobufWriter();
  let isOther = false;
  for (const { number, value, encoded, child } of fieldsOf(bytes, message, level)) {
    const other = child && replaceTensors(value, replace, child, level + 1);
    if (other === undefined) writer.encoded(encoded);
    else writer.message(number, other);
    isOther ||= other !== undefined;
  }
  return isOther ? writer : undefined;
}

type Field =
  | { number: number; value: Uint8Array; encoded: Uint8Array; child: Message }
  | { number: number; value: unknown; encoded: Uint8Array; child: undefined };

function* fieldsOf(bytes: Uint8Array, message: Message, level: number): Generator<Field> {
  if (level > MOST_LEVELS) {
    throw new FormatError('nests graphs in graphs too deep: give another ONNX file');
  }
  const children = CHILDREN[message];
  for (const { number, value, encoded } of protobufFields(bytes)) {
    const child = children[number];
    if (child === undefined || typeof value === 'number') {
      yield { number, value, encoded, child: undefined };
    } else {
      yield { number, value, encoded, child };
    }
  }
}
