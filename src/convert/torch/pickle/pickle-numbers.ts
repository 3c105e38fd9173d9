/** Numbers as pickles write them. */
import type { ByteReader } from '../byte-reader.js';
import { damagedPickle } from './pickle-value.js';

/** No integer in a checkpoint has that many bytes or digits; reading one takes more than linear time. */
const LONGEST_INTEGER = 2 ** 12;

export function integerOrBoolean(text: string): number | bigint | boolean {
  if (text === '00') return false;
  if (text === '01') return true;
  return integer(text);
}

export function integer(text: string): number | bigint {
  if (text.length > LONGEST_INTEGER || !/^\s*[+-]?\d+\s*$/.test(text)) throw damagedPickle();
  return narrow(BigInt(text.trim().replace(/^\+/, '')));
}

/** A two's complement integer of any length. */
export function littleEndianInteger(reader: ByteReader, length: number): number | bigint {
  if (length > LONGEST_INTEGER) throw damagedPickle();
  const bytes = reader.bytes(length);
  let hex = '';
  for (let i = length - 1; i >= 0; i--) hex += bytes[i].toString(16).padStart(2, '0');
  return narrow(BigInt.asIntN(length * 8, BigInt(`0x${hex || '0'}`)));
}

/** A number where that is exact, as the other integer opcodes give. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function float(text: string): number {
  switch (text.trim()) {
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    case 'nan':
      return Number.NaN;
    default: {
      const value = Number(text);
      if (Number.isNaN(value)) throw damagedPickle();
      return value;
    }
  }
}
