/** The bytes of a file of predictions, a piece at a time. */
import { createReadStream } from 'node:fs';
import { UserError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import { notTextReason } from '../files/text/text-file.js';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const READ_SIZE = 1 << 18;

/** The remedy of messages. */
export const EXPECTED_FILE =
  'give a pred_ethnicities.txt, predictions.csv or predictions.jsonl that `facecls infer` or `facecls run` wrote';

/**
 * The bytes of the file, without a byte order mark; no piece is empty, the first has 64 bytes if the file has.
 *
 * @param remedy of messages: what to give instead
 */
export async function* readChunks(
  file: string,
  name: string,
  remedy = EXPECTED_FILE,
): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  try {
    const stream =
      file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_SIZE });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (start === undefined) {
        yield chunk;
        continue;
      }
      // A pipe may hand over a few bytes at a time.
      start = Buffer.concat([start, chunk]);
      if (start.length < 64 + BYTE_ORDER_MARK.length) continue;
      yield textStart(start, name, remedy);
      start = undefined;
    }
  } catch (error) {
    if (!isFileError(error)) throw error;
    const reason = fileErrorReason(error);
    throw new UserError(`${name}: ${reason}; ${remedy}`, undefined, { cause: error });
  }
  if (start === undefined) return;
  const all = textStart(start, name, remedy);
  if (all.length > 0) yield all;
}

/** `start` without a byte order mark. @throws UserError where a file that begins so is not text */
function textStart(start: Buffer, name: string, remedy: string): Buffer {
  const problem = notTextReason(start, remedy);
  if (problem !== undefined) throw new UserError(`${name}: ${problem}`);
  const hasMark = start.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return hasMark ? start.subarray(BYTE_ORDER_MARK.length) : start;
}

/** `first`, and then the rest. */
export async function* putBack<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield first;
    yield* rest;
  } finally {
    // Also where nobody read past the first piece.
    await rest.return(undefined);
  }
}
