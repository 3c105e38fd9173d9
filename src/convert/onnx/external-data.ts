import { FormatError, quoted } from '../format-error.js';
import { replaceTensors, visitTensors } from './onnx-tensors.js';
import { protobufFields } from './protobuf-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';

/*
 * External data (onnx/onnx.proto, TensorProto.external_data): the numbers of tensors in files beside the graph, as
 * torch.onnx.export writes large models. onnxruntime is given none of it: it would read the data of sub-graphs,
 * sparse tensors and functions from the current folder, whatever files it was handed (tried with 1.30). The numbers
 * are put into the graph instead, which is then one whole.
 */

/** Fields of TensorProto. */
const DIMS = 1;
const DATA_TYPE = 2;
const NAME = 8;
const RAW_DATA = 9;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;

/** Bits an element, by TensorProto.DataType; texts cannot be external. */
const BITS: ReadonlyMap<number, number> = new Map([
  ...[2, 3, 9, 17, 18, 19, 20, 24].map((type) => [type, 8] as const),
  ...[4, 5, 10, 16].map((type) => [type, 16] as const),
  ...[1, 6, 12].map((type) => [type, 32] as const),
  ...[7, 11, 13, 14].map((type) => [type, 64] as const),
  [15, 128],
  ...[21, 22, 23].map((type) => [type, 4] as const),
]);

/** A graph with its data is one message of protocol buffers, which has to be smaller than this. */
export const MOST_BYTES = 2 ** 31 - 1;

/** Where the numbers of a tensor are. */
interface ExternalTensor {
  readonly name: string;
  /** Path of the file, from the folder of the graph. */
  readonly location: string;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * The files in which a model's tensors have their numbers, sorted by name, as the model spells them; none where it is
 * whole. Safe on any bytes.
 *
 * @throws FormatError where the bytes are no ONNX model or say something that cannot be of where the data is
 */
export function externalFiles(model: Uint8Array): string[] {
  const found = new Set<string>();
  visitTensors(model, (bytes) => {
    if (isExternal(bytes)) found.add(externalTensor(bytes).location);
  });
  return [...found].sort();
}

/** Whether any tensor has its numbers outside. @throws FormatError where the bytes are no ONNX model */
export function hasExternalData(model: Uint8Array): boolean {
  let found = false;
  visitTensors(model, (bytes) => {
    found ||= isExternal(bytes);
  });
  return found;
}

/**
 * The model with the numbers of all its tensors inside.
 *
 * @param files content of `externalFiles`, by their names
 * @throws FormatError where a tensor does not lie within its file
 */
export function withDataInside(
  model: Uint8Array,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  let size = model.length;
  const whole = replaceTensors(model, (bytes) => {
    if (!isExternal(bytes)) return undefined;
    const tensor = externalTensor(bytes);
    size += tensor.length;
    if (size > MOST_BYTES) throw tooLarge();
    return withNumbers(bytes, numbersOf(tensor, files.get(tensor.location)));
  });
  return whole === undefined ? model : whole.finish();
}

export function tooLarge(): FormatError {
  return new FormatError('is larger than 2 GiB with its data: give a smaller model');
}

/** Any value but the default of an enumeration of two. */
function isExternal(tensor: Uint8Array): boolean {
  let external = false;
  for (const { number, value } of protobufFields(tensor)) {
    if (number === DATA_LOCATION) external = value !== 0;
  }
  return external;
}

function externalTensor(bytes: Uint8Array): ExternalTensor {
  const entries = new Map<string, string>();
  const dims: number[] = [];
  let type = 0;
  let name = '';
  for (const { number, value } of protobufFields(bytes)) {
    if (number === DIMS) dims.push(...(typeof value === 'number' ? [value] : packed(value)));
    else if (number === DATA_TYPE && typeof value === 'number') type = value;
    else if (number === NAME && typeof value !== 'number') name = textOf(value);
    else if (number === EXTERNAL_DATA && typeof value !== 'number') {
      const { key, text } = entryOf(value);
      entries.set(key, text);
    }
  }
  const needed = bytesOf(dims, type, name);
  const offset = countOf(entries.get('offset') ?? '0', 'offset', name);
  const length = countOf(entries.get('length') ?? `${needed}`, 'length', name);
  if (length !== needed) {
    throw new FormatError(
      `is damaged (its tensor ${quoted(name)} takes ${needed} bytes, and ${length} are said to be stored): export the model again`,
    );
  }
  return { name, location: locationOf(entries.get('location'), name), offset, length };
}

function bytesOf(dims: readonly number[], type: number, name: string): number {
  const bits = BITS.get(type);
  const size = Math.ceil(dims.reduce((product, axis) => product * axis, bits ?? 0) / 8);
  if (bits === undefined || !Number.isSafeInteger(size)) {
    throw new FormatError(
      `has a tensor ${quoted(name)} of a type or shape that no data file can hold: export the model again`,
    );
  }
  return size;
}

function countOf(text: string, what: string, name: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new FormatError(
    `says ${quoted(text)} for the ${what} of its tensor ${quoted(name)}, which is no number of bytes: export the model again`,
  );
}

/** Letters, digits and what else stands in names of files, but no way out of the folder and no device of Windows. */
const PART = /^(?!\.\.?$)[^\p{Cc}\\/:*?"<>|]+$/u;

/** Names with a leading `./` are the same without it. */
function locationOf(location: string | undefined, name: string): string {
  const path = location?.replace(/^(\.\/)+/, '') ?? '';
  if (path.split('/').every((part) => PART.test(part))) return path;
  throw new FormatError(
    `has the data of its tensor ${quoted(name)} at ${quoted(location ?? '')}, and only files beside the model are read: export the model again, with its data in the same folder`,
  );
}

function numbersOf(tensor: ExternalTensor, file: Uint8Array | undefined): Uint8Array {
  const { name, location, offset, length } = tensor;
  if (file !== undefined && offset + length <= file.length) {
    return file.subarray(offset, offset + length);
  }
  throw new FormatError(
    `does not fit its data: the tensor ${quoted(name)} ends at byte ${offset + length} of ${quoted(location)}, which has ${file?.length ?? 0}; copy both files again`,
  );
}

function withNumbers(tensor: Uint8Array, numbers: Uint8Array): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const { number, encoded } of protobufFields(tensor)) {
    if (number !== EXTERNAL_DATA && number !== DATA_LOCATION && number !== RAW_DATA) {
      writer.encoded(encoded);
    }
  }
  return writer.bytes(RAW_DATA, numbers);
}

/** StringStringEntryProto. */
function entryOf(bytes: Uint8Array): { key: string; text: string } {
  const entry = { key: '', text: '' };
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'number') continue;
    if (number === 1) entry.key = textOf(value);
    else if (number === 2) entry.text = textOf(value);
  }
  return entry;
}

/** Longer than the path of any file. */
const LONGEST_TEXT = 1 << 12;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, LONGEST_TEXT)).toString('utf8');
}

/** Packed whole numbers: the values of fields whose tags are left out. */
function packed(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte >= 0x80) continue;
    values.push(value);
    value = 0;
    factor = 1;
  }
  return values;
}
