/** The bytes of the labels, from a file or standard input. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UserError } from '../../../files/errors.js';
import { fileErrorReason } from '../../../files/file-errors.js';
import { shownPath } from '../../../files/text/shown-path.js';

/** @throws UserError where the file cannot be read */
export async function readLabels(file: string): Promise<Buffer> {
  try {
    return await (file === '-' ? buffer(process.stdin) : readFile(file));
  } catch (error) {
    throw new UserError(
      `--labels ${shownPath(file)}: ${fileErrorReason(error)}; give a CSV file with a header, \`path,label\``,
    );
  }
}

/** What messages call the file. */
export function labelsName(file: string): string {
  return file === '-' ? 'standard input' : shownPath(file);
}
