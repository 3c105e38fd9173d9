import { access, mkdir, stat } from 'node:fs/promises';

/**
 * Makes a folder and those above it that are missing. Node's recursive mkdir tries for ever where a file system
 * answers that a folder is missing which is there (/proc does). Throws node:fs errors.
 *
 * @returns the folders that were made, the outermost first
 */
export async function makeFolders(folder: Buffer): Promise<Buffer[]> {
  const made: Buffer[] = [];
  try {
    return await makeFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const parent = parentOf(folder);
    // Where it is there, someone else has made it meanwhile, or the file system is such a one: once more tells.
    if (!(await access(parent).then(yes, no))) made.push(...(await makeFolders(parent)));
  }
  made.push(...(await makeFolder(folder)));
  return made;
}

/** It may be there: another process makes it too. @returns the folder, if it was made */
async function makeFolder(folder: Buffer): Promise<Buffer[]> {
  try {
    await mkdir(folder);
    return [folder];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
    return [];
  }
}

const yes = () => true;
const no = () => false;

/** The folder that a path without a slash at its end lies in. */
function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return Buffer.from('.');
  return slash === 0 ? Buffer.from('/') : path.subarray(0, slash);
}
