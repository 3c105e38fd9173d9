import { protobufFields } from './protobuf-reader.js';

/** Operators that hand on the numbers they get, in another shape or type. */
const HANDING_ON = new Set([
  ...['Identity', 'Cast', 'CastLike', 'Dropout'],
  ...['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze'],
]);

/** More of them follow one another in no network. */
const MOST_STEPS = 16;

/* Field numbers are those of onnx/onnx.proto. */

/**
 * The operator that makes the first output of an ONNX model: `Softmax`, `Gemm`, ...; those that only hand numbers on
 * are passed over. undefined where there is none, as in a graph that gives its input.
 *
 * @throws FormatError where the bytes are not well formed
 */
export function lastOperator(model: Uint8Array): string | undefined {
  const graph = lastMessage(model, 7);
  const output = graph && firstMessage(graph, 12);
  let name = output && textField(output, 1);
  for (let step = 0; graph !== undefined && name !== undefined && step < MOST_STEPS; step++) {
    const node = producer(graph, name);
    const operator = node && textField(node, 4);
    if (node === undefined || operator === undefined || !HANDING_ON.has(operator)) return operator;
    name = textField(node, 1);
  }
  return undefined;
}

/** The node that has an output of this name. */
function producer(graph: Uint8Array, name: string): Uint8Array | undefined {
  for (const { number, value } of protobufFields(graph)) {
    if (number !== 1 || typeof value === 'number') continue;
    for (const field of protobufFields(value)) {
      if (field.number === 2 && text(field.value) === name) return value;
    }
  }
  return undefined;
}

function firstMessage(bytes: Uint8Array, wanted: number): Uint8Array | undefined {
  for (const { number, value } of protobufFields(bytes)) {
    if (number === wanted && typeof value !== 'number') return value;
  }
  return undefined;
}

function lastMessage(bytes: Uint8Array, wanted: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const { number, value } of protobufFields(bytes)) {
    if (number === wanted && typeof value !== 'number') found = value;
  }
  return found;
}

/** The first text of a field. */
function textField(bytes: Uint8Array, wanted: number): string | undefined {
  return text(firstMessage(bytes, wanted));
}

/** Longer names are of no real network. */
const LONGEST_NAME = 1 << 12;

function text(value: number | Uint8Array | undefined): string | undefined {
  if (value === undefined || typeof value === 'number') return undefined;
  return Buffer.from(value.subarray(0, LONGEST_NAME)).toString('utf8');
}
