import { FormatError } from '../format-error.js';

/** One field of a protocol buffers message: a number for varints, else its bytes. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
  /** The whole field as it stands in the message, tag and all. */
  readonly encoded: Uint8Array;
}

/**
 * The fields of one message, in order. A nested message is the bytes of its field: nothing is
 * entered unless the caller does, so no input can nest too deep.
 * Throws `FormatError` at the first byte that is not well formed.
 */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  let at = 0;
  let start = 0;

  /** Low 53 bits and beyond are exact for every number that lengths and tags need. */
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) throw malformed();
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed();
  };

  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw malformed();
    at += length;
    return bytes.subarray(at - length, at);
  };

  const field = (number: number, value: number | Uint8Array): ProtobufField => ({
    number,
    value,
    encoded: bytes.subarray(start, at),
  });

  while (at < bytes.length) {
    start = at;
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) throw malformed();
    switch (tag % 8) {
      case 0:
        yield field(number, varint());
        break;
      case 1:
        yield field(number, take(8));
        break;
      case 2:
        yield field(number, take(varint()));
        break;
      case 5:
        yield field(number, take(4));
        break;
      default: // groups, which ONNX does not use
        throw malformed();
    }
  }
}

function malformed(): FormatError {
  return new FormatError('is not a whole ONNX file: download or copy it again');
}
