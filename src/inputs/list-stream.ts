import { close, createReadStream, fstatSync, open } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/**
 * The bytes of a list. A pipe is read as standard input is: a file's stream would hold a thread in `read` until the
 * writer writes, and the process cannot end before. Throws node:fs errors.
 *
 * @param file `-` is standard input
 */
export async function* listStream(file: string): AsyncGenerator<Uint8Array> {
  if (file === '-') {
    yield* process.stdin;
    return;
  }
  const fd = await promisify(open)(file, 'r');
  let stream: AsyncIterable<Uint8Array>;
  try {
    stream = fstatSync(fd).isFIFO()
      ? new Socket({ fd, readable: true, writable: false })
      : createReadStream('', { fd });
  } catch (error) {
    await promisify(close)(fd);
    throw error;
  }
  yield* stream;
}
