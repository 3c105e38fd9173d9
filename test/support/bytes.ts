import { deflateRawSync } from 'node:zlib';

/* Makes small files for the tests: pickles, zip archives, checkpoints. */

/** Joins opcodes (one character a byte) and bytes. */
export function bytes(...parts: (string | number | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1');
      return typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part);
    }),
  );
}

/** Little-endian unsigned numbers of 2, 4 and 8 bytes. */
export function u16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

export function u64(value: number | bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

/** The BINUNICODE opcode. */
export function text(value: string): Buffer {
  const encoded = Buffer.from(value, 'utf8');
  return bytes('X', u32(encoded.length), encoded);
}

/** A tuple of small numbers. */
export function tuple(...numbers: number[]): Buffer {
  return bytes('(', ...numbers.flatMap((n) => ['J', u32(n >>> 0)]), 't');
}

export interface ZipOptions {
  readonly deflate?: boolean;
  /** Write sizes and offsets in the 64-bit extension, as for archives beyond 4 GiB. */
  readonly zip64?: boolean;
}

/** A zip archive. Checksums are left zero: the reader does not look at them. */
export function zip(entries: Record<string, Uint8Array>, options: ZipOptions = {}): Buffer {
  const { deflate = false, zip64 = false } = options;
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, contents] of Object.entries(entries)) {
    const packed = deflate ? deflateRawSync(contents) : Buffer.from(contents);
    const method = u16(deflate ? 8 : 0);
    const short = (value: number) => u32(zip64 ? 0xffffffff : value);
    const sizes = bytes(short(packed.length), short(contents.length));
    const wide = bytes(u64(contents.length), u64(packed.length));
    const localExtra = zip64 ? bytes(u16(1), u16(16), wide) : bytes();
    const centralExtra = zip64 ? bytes(u16(1), u16(24), wide, u64(offset)) : bytes();
    const middle = (extra: Buffer) =>
      bytes(u16(0), method, u32(0), u32(0), sizes, u16(Buffer.byteLength(name)), u16(extra.length));
    const header = bytes('PK\x03\x04', u16(45), middle(localExtra), Buffer.from(name), localExtra);
    central.push(
      bytes(
        'PK\x01\x02',
        u16(45),
        u16(45),
        middle(centralExtra),
        bytes(u16(0), u16(0), u16(0), u32(0), short(offset)),
        Buffer.from(name),
        centralExtra,
      ),
    );
    local.push(header, packed);
    offset += header.length + packed.length;
  }
  const directory = bytes(...central);
  const count = central.length;
  const end64 = bytes(
    bytes('PK\x06\x06', u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count)),
    bytes(u64(directory.length), u64(offset)),
    bytes('PK\x06\x07', u32(0), u64(offset + directory.length), u32(1)),
  );
  const end = bytes(
    bytes('PK\x05\x06', u16(0), u16(0), u16(zip64 ? 0xffff : count), u16(zip64 ? 0xffff : count)),
    zip64 ? bytes(u32(0xffffffff), u32(0xffffffff)) : bytes(u32(directory.length), u32(offset)),
    u16(0),
  );
  return bytes(...local, directory, zip64 ? end64 : '', end);
}

/** Numbers that are the same in every run (mulberry32), in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface TensorBytes {
  readonly kind?: string;
  readonly key?: string;
  /** Elements of the storage. */
  readonly elements: number;
  /** The last item of the storage's identifier: None, or a view of the old form. */
  readonly view?: Buffer;
  readonly offset?: number;
  readonly shape: Buffer;
  readonly strides: Buffer;
}

/** The pickle (without STOP) of a tensor as torch.save writes it. */
export function tensor(options: TensorBytes): Buffer {
  const { kind = 'FloatStorage', key = '0', elements, view, offset = 0, shape, strides } = options;
  return bytes(
    bytes('ctorch._utils\n_rebuild_tensor_v2\n((', text('storage'), `ctorch\n${kind}\n`, text(key)),
    bytes(
      text('cpu'),
      'J',
      u32(elements),
      view ?? 'N',
      'tQJ',
      u32(offset),
      shape,
      strides,
      '\x89}tR',
    ),
  );
}

/** A file in the old form of torch.save: the saved object's pickle, then the storages by key. */
export function oldForm(
  object: Uint8Array,
  storages: Record<string, [number, Uint8Array]>,
): Buffer {
  const keys = Object.keys(storages).map(text);
  const data = Object.values(storages).flatMap(([elements, raw]) => [u64(elements), raw]);
  return bytes(
    '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.',
    'M\xe9\x03.',
    bytes('}', text('little_endian'), '\x88s.'),
    bytes(object, '.'),
    bytes('](', ...keys, 'e.'),
    ...data,
  );
}

/** The numbers of the golden inputs (fixtures' README): each ((7 i^2 + 13 i) mod 256), scaled by the caller. */
export function goldenInput(length: number, scale: (byte: number) => number): Float32Array {
  return Float32Array.from({ length }, (_, i) => scale((7 * i * i + 13 * i) % 256));
}
