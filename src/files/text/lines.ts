import { openRegularFile } from '../open-file.js';

/** A longer line is none that facecls writes. Bytes. */
export const MOST_LINE_BYTES = 2 ** 20;

/** A line is longer than MOST_LINE_BYTES. */
export class LongLineError extends Error {
  override readonly name = 'LongLineError';

  constructor() {
    super('a line is longer than 1 MiB');
  }
}

const LINE_END = 0x0a;

/**
 * The lines of a UTF-8 file without their ends (LF); what follows the last end is no line. Time is linear in the size
 * of the file, memory bounded by the longest line allowed.
 *
 * @throws LongLineError, UserError where it is no regular file, node:fs errors
 */
export async function* readLines(file: string): AsyncGenerator<string, undefined> {
  const handle = await openRegularFile(file);
  // The pieces of a line that is not complete yet. Joined once, not with each piece that comes.
  let pieces: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    if (length > MOST_LINE_BYTES) throw new LongLineError();
  };
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      take(chunk.subarray(from, end));
      yield (pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)).toString();
      [pieces, length, from] = [[], 0, end + 1];
    }
    take(chunk.subarray(from));
  }
  return undefined;
}
