/** Files whose content comes from outside are opened as what they have to be. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from './errors.js';
import { shownPath } from './text/shown-path.js';

/**
 * Opens a file for reading. A pipe or a device in its place could keep whoever reads it waiting, or never end.
 *
 * @throws UserError where it is no regular file, node:fs errors
 */
export async function openRegularFile(file: string): Promise<FileHandle> {
  // Or opening a pipe would wait for somebody who writes to it. Windows has neither.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if ((await handle.stat()).isFile()) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  throw new UserError(`${shownPath(file)}: is no regular file; move it away`);
}
