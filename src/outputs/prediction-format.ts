/** What tells the formats of predictions apart: the first line that is not empty. */
import { UserError } from '../files/errors.js';
import {
  firstLineEnd,
  isReturnAlone,
  RETURN_ENDS_REASON,
  withoutEmptyLines,
} from '../files/text/line-ends.js';
import { quoted } from '../files/text/shown.js';
import { putBack } from './prediction-chunks.js';
import { malformed } from './stored-prediction.js';

export interface PredictionsBeginning {
  readonly format: 'txt' | 'csv' | 'jsonl';
  /** Empty lines before the first that is not. */
  readonly linesBefore: number;
  /** All bytes from that line on. */
  readonly chunks: AsyncGenerator<Buffer>;
}

/** A longer first line is a path or columns of nobody's; what is wrong with it, its reader says. */
const LONGEST_FIRST_LINE = 1 << 16;

/** Between fields, with the word for messages; none for that which is expected. */
const DELIMITERS = [
  [',', ''],
  [';', ', with semicolons between'],
  ['\t', ', with tabs between'],
  ['|', ', with bars between'],
] as const;

/**
 * Reads as far as the end of the first line that is not empty.
 *
 * @returns undefined where there is no such line
 * @throws UserError for line ends that are not read, and for the header of another CSV file
 */
export async function readBeginning(
  chunks: AsyncGenerator<Buffer>,
  name: string,
): Promise<PredictionsBeginning | undefined> {
  let start: Buffer = Buffer.alloc(0);
  let linesBefore = 0;
  for await (const chunk of untilBroken(chunks)) {
    const { rest, lines } = withoutEmptyLines(Buffer.concat([start, chunk]));
    start = rest;
    linesBefore += lines;
    if (start.length > LONGEST_FIRST_LINE || hasWholeLine(start)) break;
  }
  if (start.length === 0) return undefined;
  const format = formatOf(start);
  const end = firstLineEnd(start, format === 'csv');
  if (isReturnAlone(start, end)) throw new UserError(`${name}: ${RETURN_ENDS_REASON}`);
  const line = start.toString('utf8', 0, end < 0 ? LONGEST_FIRST_LINE : end);
  if (format === 'txt') refuseOtherHeader(line, name, linesBefore + 1);
  return { format, linesBefore, chunks: putBack(start, chunks) };
}

/** The same, but still open when the loop is left. */
async function* untilBroken(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** A CR may have its LF in the bytes to come. */
function hasWholeLine(start: Buffer): boolean {
  const end = firstLineEnd(start, formatOf(start) === 'csv');
  return end >= 0 && (end + 1 < start.length || !isReturnAlone(start, end));
}

function formatOf(start: Buffer): PredictionsBeginning['format'] {
  const text = start.toString('latin1', 0, 64);
  if (/^\{\s*"/.test(text)) return 'jsonl';
  return /^"?path"?,"?label"?(?:[,\r\n]|$)/.test(text) ? 'csv' : 'txt';
}

/** Such a file would be taken for lines of a path and a label, and told that it has none. */
function refuseOtherHeader(text: string, name: string, line: number): void {
  const delimiter = DELIMITERS.find(([each]) => {
    const columns = text.split(each).map((column) => column.replaceAll('"', '').trim());
    const lower = columns.map((column) => column.toLowerCase());
    return lower.includes('path') && lower.includes('label');
  });
  if (delimiter === undefined) return;
  throw malformed(
    ...([name, line] as const),
    `expected a header that begins with \`path,label\`, with commas between, received ${quoted(text)}${delimiter[1]}`,
    'correct the header',
  );
}
