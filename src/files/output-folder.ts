import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { ExitCode, invalidOption, UserError } from './errors.js';
import { fileErrorReason, writeRemedy } from './file-errors.js';
import { makeFolders } from './make-folders.js';
import { joinPath, realPath, withSlashes } from './paths.js';
import { shownPath } from './text/shown-path.js';

/**
 * Creates the output folder where it is not there yet. To be called when the inputs are known: wrong usage
 * leaves nothing behind.
 *
 * @param option name of the option that gave it
 * @returns the folders that were made, the outermost first
 * @throws UserError where it cannot be a folder
 */
export async function createOutputFolder(option: string, folder: string): Promise<Buffer[]> {
  if (folder === '') throw invalidOption(option, 'a folder', folder);
  try {
    // Not made absolute: the name of the current folder need not be text.
    const normal = path.normalize(folder).split(path.sep).join('/');
    return await makeFolders(Buffer.from(normal.replace(/(?<=.)\/$/, '')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const reason = isFile
      ? 'is a file'
      : code === 'ENOENT'
        ? 'cannot be created'
        : fileErrorReason(error);
    const remedy = writeRemedy(error);
    throw new UserError(
      `${option} ${shownPath(folder)}: ${reason}; ${remedy ?? 'give a folder that can be written'}`,
      // As for a file that cannot be written; a path that can be no folder is wrong usage.
      remedy === undefined ? ExitCode.usage : ExitCode.failure,
    );
  }
}

/** Takes back folders that were made for results, as far as nothing is in them. */
export async function removeEmptyFolders(made: readonly Buffer[]): Promise<void> {
  for (const folder of made.toReversed()) await rmdir(folder).catch(() => {});
}

/** The real path of a folder that need not be there yet, in bytes: folders above it may have any name. */
export async function realOutputFolder(folder: string): Promise<Buffer> {
  const normal = path.normalize(folder);
  try {
    return await realPath(normal);
  } catch {
    const parent = path.dirname(normal);
    return parent === normal
      ? withSlashes(Buffer.from(path.resolve(normal)))
      : joinPath(await realOutputFolder(parent), Buffer.from(path.basename(normal)));
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
  if ((await realOutputFolder(input)).equals(await realOutputFolder(output))) {
    throw new UserError(
      `${outputOption} ${shownPath(output)}: is the input folder; give another, so that pictures written and pictures read stay apart`,
    );
  }
}
