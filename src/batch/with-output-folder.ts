import { createOutputFolder, removeEmptyFolders } from '../files/output-folder.js';
import { FolderLock } from './lock.js';

/**
 * Does `work` with the output folder there and locked. The folders that were made for it go again, unless there is
 * something in them.
 *
 * @param option name of the option that gave the folder
 * @param command that does the work, for other runs that want the folder
 * @throws UserError where it cannot be a folder, or another run holds it
 */
export async function withOutputFolder<T>(
  option: string,
  folder: string,
  command: string,
  work: (lock: FolderLock) => Promise<T>,
): Promise<T> {
  const made = await createOutputFolder(option, folder);
  try {
    const lock = await FolderLock.acquire(option, folder, command);
    try {
      return await work(lock);
    } finally {
      await lock.release();
    }
  } finally {
    await removeEmptyFolders(made);
  }
}
