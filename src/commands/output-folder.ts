import { mkdir, realpath } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { fileErrorReason } from '../image/reasons.js';

/**
 * Creates the output folder where it is not there yet.
 *
 * @param option name of the option that gave it
 * @throws UserError where it cannot be a folder
 */
export async function createOutputFolder(option: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'is a file' : fileErrorReason(error);
    throw new UserError(`${option} ${folder}: ${reason}; give a folder that can be written`);
  }
}

/**
 * Crops written among the photographs would be taken for photographs by the next run.
 *
 * @throws UserError where both are the same folder
 */
export async function refuseSameFolder(
  input: string | undefined,
  outputOption: string,
  output: string,
): Promise<void> {
  if (input === undefined) return;
  const same = (await realpath(input).catch(() => undefined)) === (await realpath(output));
  if (same) {
    throw new UserError(
      `${outputOption} ${output}: is the input folder; give another, so that crops and photographs stay apart`,
    );
  }
}
