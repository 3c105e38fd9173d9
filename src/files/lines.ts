import { createReadStream } from 'node:fs';

/** The lines of a UTF-8 file without their ends (LF); what follows the last end is no line. Throws node:fs errors. */
export async function* readLines(file: string): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  return undefined;
}
