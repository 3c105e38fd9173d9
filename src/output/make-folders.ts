import { access, mkdir, stat } from 'node:fs/promises';

/**
 * Makes a folder and those above it that are missing. Node's recursive mkdir tries for ever where a file system
 * answers that a folder is missing which is there (/proc does). Throws node:fs errors.
 */
export async function makeFolders(folder: Buffer): Promise<void> {
  try {
    return await makeFolder(folder);
  } catch (error) {
    const parent = parentOf(folder);
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing || (await access(parent).then(yes, no))) throw error;
    await makeFolders(parent);
  }
  await makeFolder(folder);
}

/** It may be there: another process makes it too. */
async function makeFolder(folder: Buffer): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
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
