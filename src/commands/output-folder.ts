import { access, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { invalidOption, UserError } from '../errors.js';
import { fileErrorReason } from '../image/reasons.js';
import type { InputOptions } from './options.js';
import { shardFolder } from './shard.js';

/**
 * Creates the output folder where it is not there yet. To be called when the inputs are known: wrong usage
 * leaves nothing behind.
 *
 * @param option name of the option that gave it
 * @throws UserError where it cannot be a folder
 */
export async function createOutputFolder(option: string, folder: string): Promise<void> {
  if (folder === '') throw invalidOption(option, 'a folder', folder);
  try {
    await makeFolders(path.resolve(folder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const reason = isFile
      ? 'is a file'
      : code === 'ENOENT'
        ? 'cannot be created'
        : fileErrorReason(error);
    throw new UserError(`${option} ${folder}: ${reason}; give a folder that can be written`);
  }
}

/**
 * A folder and those above it that are missing. Node's recursive mkdir tries for ever where a file system
 * answers that a folder is missing which is there (/proc does).
 */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    const isParentMissing = code === 'ENOENT' && (await access(parent).then(no, yes));
    if (!isParentMissing) throw error;
    await makeFolders(parent);
    await mkdir(folder);
  }
}

const yes = () => true;
const no = () => false;

/** Where the results go: a shard's into a folder of their own, so that shards do not meet. */
export function resultsFolder(folder: string, { shard }: InputOptions): string {
  return shard === undefined ? folder : path.join(folder, shardFolder(shard));
}

/** The real path of a folder that need not be there yet. */
export async function realOutputFolder(folder: string): Promise<string> {
  const absolute = path.resolve(folder);
  try {
    return await realpath(absolute);
  } catch {
    const parent = path.dirname(absolute);
    return parent === absolute
      ? absolute
      : path.join(await realOutputFolder(parent), path.basename(absolute));
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
  if ((await realOutputFolder(input)) === (await realOutputFolder(output))) {
    throw new UserError(
      `${outputOption} ${output}: is the input folder; give another, so that pictures written and pictures read stay apart`,
    );
  }
}
