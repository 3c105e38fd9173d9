/*
 * Writes protocol buffers (https://protobuf.dev/programming-guides/encoding/), as much of them as
 * ONNX needs. Fields come out in the order of the calls, so the same calls give the same bytes.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** One message. Large byte fields are referred to, not copied, until `finish`. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A non-negative integer field. */
  integer(field: number, value: number): this {
    return this.#varint(field * 8 + VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#varint(field * 8 + FIXED32).#add(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint(field * 8 + LENGTH_DELIMITED)
      .#varint(value.length)
      .#add(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  /** A repeated integer field, not packed: that is how ONNX's own tools write it. */
  integers(field: number, values: readonly number[]): this {
    for (const value of values) this.integer(field, value);
    return this;
  }

  message(field: number, value: ProtobufWriter): this {
    this.#varint(field * 8 + LENGTH_DELIMITED).#varint(value.#length);
    for (const part of value.#parts) this.#add(part);
    return this;
  }

  /** A field of another message, as `protobufFields` gives it. */
  encoded(field: Uint8Array): this {
    return this.#add(field);
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
    return this.#add(Uint8Array.from(bytes));
  }

  #add(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}
