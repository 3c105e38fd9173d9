import { bytes } from '../bytes.js';
import { EXTREMES, type Mutation } from './mutate.js';

/** A field of a protocol buffers message: where its tag, its value and its length are. */
interface MessageField {
  readonly number: number;
  readonly wire: number;
  readonly at: number;
  readonly valueAt: number;
  readonly end: number;
  /** Field numbers of the messages that hold it, outermost first. */
  readonly within: readonly number[];
}

/**
 * Where onnx.proto nests messages: ModelProto's graph 7, operator sets 8 and metadata 14; GraphProto's nodes 1,
 * constants 5, inputs 11 and outputs 12; a node's attributes 5; the type 2 of an input, and within it all.
 */
const NESTED = /^(7|8|14|7,(1|5|11|12)|7,1,5|7,1[12],2(,1(,2(,1)?)?)?)$/;

function readVarint(whole: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let end = at, unit = 1; ; unit *= 128) {
    const byte = whole[end++];
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return { value, end };
  }
}

/** A varint of any 64-bit number. */
export function varint(value: bigint): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.of(...digits, Number(rest));
}

/** The fields of a well-formed ONNX model, at every depth. */
export function messageFields(
  whole: Buffer,
  start = 0,
  stop = whole.length,
  within: readonly number[] = [],
): MessageField[] {
  const found: MessageField[] = [];
  for (let at = start; at < stop; ) {
    const tag = readVarint(whole, at);
    const [number, wire] = [tag.value >> 3, tag.value & 7];
    const first = readVarint(whole, tag.end);
    const valueAt = wire === 2 ? first.end : tag.end;
    const end = wire === 2 ? valueAt + first.value : wire === 0 ? first.end : valueAt + 4;
    found.push({ number, wire, at, valueAt, end, within });
    const path = [...within, number];
    if (wire === 2 && NESTED.test(path.join())) {
      found.push(...messageFields(whole, valueAt, end, path));
    }
    at = end;
  }
  return found;
}

/** The model with a field's tag, length and value replaced, and the lengths around it put right. */
export function replaceField(whole: Buffer, field: MessageField, by: Uint8Array): Buffer {
  let changed = bytes(by);
  let inner: { at: number; end: number } = field;
  const holders = messageFields(whole).filter(
    ({ valueAt, end, wire, within }) =>
      wire === 2 &&
      valueAt <= field.at &&
      end >= field.end &&
      within.length < field.within.length &&
      field.within[within.length] !== undefined,
  );
  for (const holder of holders.reverse()) {
    const contents = bytes(
      whole.subarray(holder.valueAt, inner.at),
      changed,
      whole.subarray(inner.end, holder.end),
    );
    changed = bytes(
      varint(BigInt(holder.number * 8 + 2)),
      varint(BigInt(contents.length)),
      contents,
    );
    inner = holder;
  }
  return bytes(whole.subarray(0, inner.at), changed, whole.subarray(inner.end));
}

/** A field with its tag: a varint, or bytes with their length. */
export function encodedField(number: number, value: Uint8Array | bigint): Buffer {
  return typeof value === 'bigint'
    ? bytes(varint(BigInt(number * 8)), varint(value))
    : bytes(varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value);
}

/** Operators with other numbers of inputs, other attributes and outputs that need not be tensors. */
const OPERATORS =
  'Loop If Scan Reshape ConstantOfShape Resize Tile Expand Gather Concat Split Cast Softmax Conv MaxPool Pad Range Constant SequenceEmpty Nothing';

/** Changes of ONNX models that leave the lengths right, so that they get as far as onnxruntime. */
export const ONNX_MUTATIONS: Record<string, Mutation> = {
  'number set': (whole, dice) => {
    const field = dice.pick(messageFields(whole).filter(({ wire }) => wire === 0));
    const value = dice.pick([...EXTREMES, 2n, 3n, 7n, 10n, 16n]);
    return replaceField(whole, field, encodedField(field.number, value));
  },
  'field removed': (whole, dice) =>
    replaceField(whole, dice.pick(messageFields(whole)), Buffer.alloc(0)),
  'field repeated': (whole, dice) => {
    const field = dice.pick(messageFields(whole));
    const itself = whole.subarray(field.at, field.end);
    return replaceField(whole, field, bytes(itself, itself));
  },
  'field replaced by another': (whole, dice) => {
    const fields = messageFields(whole);
    const [field, other] = [dice.pick(fields), dice.pick(fields)];
    return replaceField(whole, field, whole.subarray(other.at, other.end));
  },
  'field shortened': (whole, dice) => {
    const field = dice.pick(messageFields(whole).filter(({ wire }) => wire === 2));
    const value = whole.subarray(field.valueAt, field.end);
    return replaceField(
      whole,
      field,
      encodedField(field.number, value.subarray(0, dice.below(value.length + 1))),
    );
  },
  'text replaced': (whole, dice) => {
    const texts = messageFields(whole).filter(
      ({ wire, valueAt, end }) => wire === 2 && end - valueAt < 40,
    );
    const field = dice.pick(texts);
    const others = ['', 'input', 'conv1', 'a\nb\x1b[31m', 'x'.repeat(5000), 'fc.weight'];
    return replaceField(whole, field, encodedField(field.number, Buffer.from(dice.pick(others))));
  },
  'operator replaced': (whole, dice) => {
    const operators = messageFields(whole).filter(
      ({ within, number }) => within.join() === '7,1' && number === 4,
    );
    const name = dice.pick(OPERATORS.split(' '));
    return replaceField(whole, dice.pick(operators), encodedField(4, Buffer.from(name)));
  },
  'length wrong': (whole, dice) => {
    const field = dice.pick(messageFields(whole).filter(({ wire }) => wire === 2));
    const length = varint(dice.pick(EXTREMES));
    const lengthAt = readVarint(whole, field.at).end;
    return bytes(whole.subarray(0, lengthAt), length, whole.subarray(field.valueAt));
  },
};
