/** Makes small archives field by field, so that a test can set what a writer would not. */
import { deflateRawSync } from 'node:zlib';
import { crc32InTable } from '../../../../src/inputs/archives/zip/crc32.js';

export interface TarFields {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly type?: string;
  /** The 12 bytes of the field of the size; octal of the data's length unless given. */
  readonly size?: Uint8Array;
  readonly magic?: string;
  /** Sums the bytes as signed numbers. */
  readonly isSigned?: boolean;
}

/** A header and its data in whole blocks. */
export function tarMember(fields: TarFields): Buffer {
  const { name, data = Buffer.alloc(0), type = '0', magic = 'ustar\x0000', isSigned } = fields;
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  const size = fields.size ?? Buffer.from(`${data.length.toString(8).padStart(11, '0')}\0`);
  header.set(size, 124);
  header.write(type, 156, 1, 'latin1');
  header.write(magic, 257, 8, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce(
    (total, byte) => total + (isSigned && byte > 127 ? byte - 256 : byte),
    0,
  );
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, data, Buffer.alloc(-data.length & 511)]);
}

export function paxMember(records: string | Uint8Array, type = 'x'): Buffer {
  return tarMember({ name: 'pax', type, data: Buffer.from(records) });
}

/** `LENGTH KEY=VALUE\n`, the length counting itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length += 1;
  return `${length}${rest}`;
}

export const TAR_END = Buffer.alloc(1024);

export interface ZipFields {
  readonly name: string | Uint8Array;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** As the directory states them. */
  readonly size?: number;
  readonly compressedSize?: number;
  readonly offset?: number;
  readonly attributes?: number;
}

export interface ZipEnd {
  readonly count?: number;
  readonly before?: Uint8Array;
  readonly after?: Uint8Array;
  readonly comment?: string;
}

/** A zip of members that are deflated with method 8, and put in as they are with others. */
export function zipArchive(members: readonly ZipFields[], end: ZipEnd = {}): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const name = Buffer.from(member.name);
    const packed = member.method === 8 ? deflateRawSync(member.data) : Buffer.from(member.data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(member.flags ?? 0, 2);
    fields.writeUInt16LE(member.method ?? 0, 4);
    fields.writeUInt32LE(member.crc ?? crc32InTable(member.data), 10);
    fields.writeUInt32LE(member.compressedSize ?? packed.length, 14);
    fields.writeUInt32LE(member.size ?? member.data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(member.attributes ?? 0, 6);
    rest.writeUInt32LE(member.offset ?? at, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed]);
    // Made by Unix, so that attributes are a mode.
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fields, rest, name]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const tail = zipEnd(end.count ?? members.length, directory.length, at, end.comment);
  const { before = Buffer.alloc(0), after = Buffer.alloc(0) } = end;
  return Buffer.concat([before, ...locals, directory, tail, after]);
}

function zipEnd(count: number, size: number, offset: number, comment = ''): Buffer {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count % 65536, 8);
  end.writeUInt16LE(count % 65536, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([end, Buffer.from(comment)]);
}

export interface RecordFields {
  readonly flag?: number;
  readonly label?: number;
  readonly labels?: readonly number[];
  readonly id?: bigint;
  readonly image?: Uint8Array;
}

/** A record without the header of its part. */
export function recordData(fields: RecordFields): Buffer {
  const { labels = [], image = Buffer.alloc(0), label = 0, id = 0n } = fields;
  const header = Buffer.alloc(24 + 4 * labels.length);
  header.writeUInt32LE(fields.flag ?? labels.length, 0);
  header.writeFloatLE(label, 4);
  header.writeBigUInt64LE(id, 8);
  for (const [index, value] of labels.entries()) header.writeFloatLE(value, 24 + 4 * index);
  return Buffer.concat([header, image]);
}

/** A part with its padding. */
export function recordPart(data: Uint8Array, continues = 0): Buffer {
  const header = Buffer.from([0x0a, 0x23, 0xd7, 0xce, 0, 0, 0, 0]);
  header.writeUInt32LE(((continues << 29) | data.length) >>> 0, 4);
  return Buffer.concat([header, data, Buffer.alloc(-data.length & 3)]);
}

/** No image, but begins like a JPEG, which is all that a reader looks at. */
export function likeJpeg(length = 40): Buffer {
  const bytes = Buffer.alloc(length, 7);
  bytes.set([0xff, 0xd8, 0xff]);
  return bytes;
}
