/** Where the first line of text ends, and whether its end is one that we read. */

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

/** The part of a sentence that follows the file's name. */
export const RETURN_ENDS_REASON =
  'its lines end with CR alone; save it with LF or CR LF as line ends';

/**
 * Where the first line ends: at its LF, or its first CR. -1 where it does not.
 *
 * @param isCsv whether line ends between double quotes belong to a field
 */
export function firstLineEnd(bytes: Buffer, isCsv: boolean): number {
  let isQuoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isCsv && byte === QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted && (byte === NEWLINE || byte === RETURN)) return i;
  }
  return -1;
}

/** Whether the line that ends there ends with CR alone, as old programs of the Macintosh write. */
export function isReturnAlone(bytes: Buffer, end: number): boolean {
  return bytes[end] === RETURN && bytes[end + 1] !== NEWLINE;
}

/** The bytes behind empty lines, and how many these are. */
export function withoutEmptyLines(bytes: Buffer): { rest: Buffer; lines: number } {
  let lines = 0;
  let at = 0;
  for (; ; lines++) {
    const end = bytes[at] === RETURN ? at + 1 : at;
    if (bytes[end] !== NEWLINE) return { rest: bytes.subarray(at), lines };
    at = end + 1;
  }
}
