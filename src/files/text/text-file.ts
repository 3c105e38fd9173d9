/** What can be wrong with a text file that a user gives, in words. */
import type { CsvError } from 'csv-parse';

const UTF_16_MARKS = ['fffe', 'feff'];

/**
 * Why the bytes that begin a file are no UTF-8 text, as the part of a sentence that follows its name;
 * undefined where they may be. Bytes that are not valid UTF-8 may: a path can have them. None has a
 * zero byte.
 *
 * @param advice what to give instead of a file that is no text at all
 */
export function notTextReason(start: Buffer, advice: string): string | undefined {
  if (!start.includes(0)) return undefined;
  return isUtf16(start) ? UTF_16_REASON : `is not text; ${advice}`;
}

export const UTF_16_REASON = 'is UTF-16 text; save it as UTF-8';

/** Whether text begins with a byte order mark, or with ASCII of which every other byte is zero. */
export function isUtf16(start: Buffer): boolean {
  if (UTF_16_MARKS.includes(start.toString('hex', 0, 2))) return true;
  if (start.length < 4) return false;
  const [even, odd] = [0, 1].map((offset) => [start[offset], start[offset + 2]]);
  return (isZero(even) && isAscii(odd)) || (isAscii(even) && isZero(odd));
}

const isZero = (bytes: readonly number[]) => bytes.every((byte) => byte === 0);
const isAscii = (bytes: readonly number[]) => bytes.every((byte) => byte >= 0x20 && byte < 0x7f);

/** Why a record of a CSV file cannot be read. */
export function csvErrorReason({ code }: CsvError): string {
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return 'longer than 1 MiB, perhaps since a double quote is not closed';
  }
  return code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'
    ? 'has another number of fields than the header'
    : 'a double quote is not closed, or stands where CSV allows none';
}
