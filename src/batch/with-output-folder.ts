import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../files/file-exists.js';
import { createOutputFolder } from './results-folder.js';

/**
 * Does `work` with the output folder there. Where that throws, the folders that were made for it go again, unless
 * there is something in them.
 *
 * @param option name of the option that gave the folder
 * @throws UserError where it cannot be a folder
 */
export async function withOutputFolder<T>(
  option: string,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  const missing = folder === '' ? [] : await missingFolders(path.normalize(folder));
  try {
    await createOutputFolder(option, folder);
    return await work();
  } catch (error) {
    for (const name of missing) await rmdir(name).catch(() => {});
    throw error;
  }
}

/** The folder and those above it, as far as they are missing, the innermost first. */
async function missingFolders(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let name = folder; !(await fileExists(name)); name = path.dirname(name)) missing.push(name);
  return missing;
}
