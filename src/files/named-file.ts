/** A single file that the user names: what has the name already is replaced only when that is asked for. */
import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { discardStaged, publish, stageBeside } from './atomic.js';
import { UserError } from './errors.js';
import { fileErrorReason } from './file-errors.js';
import { shownPath } from './text/shown-path.js';

/**
 * To be called before the work as well: it would be lost.
 *
 * @param option that named the file
 * @throws UserError where the name cannot be used
 */
export async function refuseTaken(option: string, file: string, overwrite: boolean): Promise<void> {
  let found: Stats;
  try {
    found = await lstat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new UserError(
      `${option} ${shownPath(file)}: ${fileErrorReason(error)}; give another name`,
    );
  }
  if (!found.isFile() && !found.isSymbolicLink()) {
    const what = found.isDirectory() ? 'a folder' : 'no regular file';
    throw new UserError(`${option} ${shownPath(file)}: is ${what}; give another name`);
  }
  if (overwrite) return;
  throw new UserError(
    `${option} ${shownPath(file)}: is there already; replace it by --overwrite, or give another name`,
  );
}

/**
 * To be called before `refuseTaken`, whose remedy would be the loss.
 *
 * @param option that named the file to write
 * @param source option and file that is read
 * @throws UserError where both are one file, by another spelling or a link, too
 */
export async function refuseSource(
  option: string,
  file: string,
  source: { readonly option: string; readonly file: string },
): Promise<void> {
  if (!(await isSameFile(file, source.file))) return;
  throw new UserError(
    `${option} ${shownPath(file)}: is the file of ${source.option}, which would be lost; give another name`,
  );
}

/** By the file system's own number, which hard links share; false where one is not there. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = [await stat(a, { bigint: true }), await stat(b, { bigint: true })];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

/**
 * Writes the file whole under a name of its own, as no lock keeps other processes away, and gives it its name.
 *
 * @throws UserError as `refuseTaken`, and where it cannot be written
 */
export async function writeNamedFile(
  option: string,
  file: string,
  data: Uint8Array,
  overwrite: boolean,
): Promise<void> {
  const staged = await stageBeside(file, data);
  try {
    await refuseTaken(option, file, overwrite);
    await publish([staged]);
  } catch (error) {
    await discardStaged([staged]);
    throw error;
  }
}
