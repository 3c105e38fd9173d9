/**
 * Headers of tar: v7, POSIX ustar and pax (IEEE Std 1003.1, pax), and GNU's (`info tar`, Basic Tar
 * Format). A header is one block of 512 bytes with its own checksum.
 */

export const BLOCK = 512;

const NAME = { start: 0, end: 100 };
const SIZE = { start: 124, end: 136 };
const CHECKSUM = { start: 148, end: 156 };
const TYPE = 156;
const MAGIC = { start: 257, end: 263 };
const PREFIX = { start: 345, end: 500 };
/** Of an old GNU sparse header: whether a block with more of its map follows. */
const SPARSE_CONTINUES = 482;
/** The same in such a block. */
export const SPARSE_BLOCK_CONTINUES = 504;

const SPACE = 0x20;

export interface TarHeader {
  readonly name: Buffer;
  /** Bytes of data; NaN when the field holds no number. */
  readonly size: number;
  readonly type: string;
  readonly sparseContinues: boolean;
}

/** The header in a block of 512 bytes; undefined when its checksum is wrong. */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  const checksum = parseNumber(block.subarray(CHECKSUM.start, CHECKSUM.end));
  if (!checksumFits(block, checksum)) return undefined;
  const type = String.fromCharCode(block[TYPE]);
  return {
    name: headerName(block),
    size: parseNumber(block.subarray(SIZE.start, SIZE.end)),
    type,
    sparseContinues: type === 'S' && block[SPARSE_CONTINUES] !== 0,
  };
}

/** The sum of the bytes, those of the checksum taken as spaces; some old writers summed signed ones. */
function checksumFits(block: Buffer, checksum: number): boolean {
  let unsigned = (CHECKSUM.end - CHECKSUM.start) * SPACE;
  let high = 0;
  for (let at = 0; at < BLOCK; at += 1) {
    if (at === CHECKSUM.start) at = CHECKSUM.end;
    unsigned += block[at];
    high += block[at] >> 7;
  }
  return checksum === unsigned || checksum === unsigned - 256 * high;
}

function headerName(block: Buffer): Buffer {
  const name = untilNul(block.subarray(NAME.start, NAME.end));
  // GNU's magic ends in a space, and other fields stand where ustar has its prefix.
  const isUstar = block.toString('latin1', MAGIC.start, MAGIC.end) === 'ustar\0';
  const prefix = isUstar ? untilNul(block.subarray(PREFIX.start, PREFIX.end)) : name.subarray(0, 0);
  return prefix.length === 0 ? Buffer.from(name) : Buffer.concat([prefix, Buffer.from('/'), name]);
}

export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Octal digits between spaces, up to a NUL; or GNU's base 256, when the first bit is set. */
function parseNumber(field: Buffer): number {
  if (field[0] & 0x80) {
    // A negative size (first byte 0xff) is none.
    if (field[0] !== 0x80) return Number.NaN;
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }
  const digits = untilNul(field).toString('latin1').trim();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** What pax records and GNU's long names say of the member that follows. */
export interface Extension {
  name?: Buffer;
  size?: number;
  isSparse?: boolean;
  /** Why the member cannot be read: its extension cannot. */
  fault?: string;
}

/** The pax records `LENGTH KEY=VALUE\n`, of which LENGTH counts all bytes; a fault where one is not. */
export function parsePaxRecords(records: Buffer): Extension {
  const extension: Extension = {};
  for (let at = 0; at < records.length && records[at] !== 0; ) {
    const space = records.indexOf(SPACE, at);
    const digits = records.toString('latin1', at, Math.min(space, at + 8));
    const end = at + Number(digits);
    const equals = records.indexOf('=', space);
    const isWhole = space > at && /^\d+$/.test(digits) && end <= records.length && equals > space;
    if (!isWhole || equals >= end) return { ...extension, fault: BROKEN_EXTENSION };
    const key = records.toString('latin1', space + 1, equals);
    takeRecord(extension, key, records.subarray(equals + 1, end - 1));
    at = end;
  }
  return extension;
}

const BROKEN_EXTENSION = 'its extended header (pax) is damaged';

function takeRecord(extension: Extension, key: string, value: Buffer): void {
  if (key === 'path' && !extension.isSparse) extension.name = Buffer.from(value);
  else if (key === 'size') {
    const digits = value.toString('latin1');
    extension.size = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  } else if (key.startsWith('GNU.sparse.')) {
    extension.isSparse = true;
    if (key === 'GNU.sparse.name') extension.name = Buffer.from(value);
  }
}
