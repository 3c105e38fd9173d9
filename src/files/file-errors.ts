/** Short reasons, in words, for what a file system call refused. */

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'no such file or folder'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EISDIR', 'is a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ELOOP', 'a link that leads back to itself'],
  ['ENAMETOOLONG', 'its name is too long for the file system'],
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files in the whole system'],
  ['EIO', 'input/output error'],
  ['ENXIO', 'not a regular file'],
  ['ERR_FS_FILE_TOO_LARGE', 'larger than 2 GiB'],
]);

/** The reason of a node:fs error as one line without a path in it, e.g. `permission denied`. */
export function fileErrorReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // node words others as "EXDEV: cross-device link not permitted, rename 'a' -> 'b'".
  return REASONS.get(code) ?? String(message).split(/,|\n/, 1)[0];
}

const REMEDIES: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOSPC', 'free some space and run the command again'],
  ['EDQUOT', 'free some space and run the command again'],
  ['EACCES', 'give a folder that can be written'],
  ['EPERM', 'give a folder that can be written'],
  ['EROFS', 'give a folder that can be written'],
  ['EMFILE', 'raise the limit on them (ulimit -n) and run the command again'],
  ['ENFILE', 'close other programs and run the command again'],
]);

/** What helps where the system refuses to write for its own reasons; undefined where the path is at fault. */
export function writeRemedy(error: unknown): string | undefined {
  return REMEDIES.get((error as NodeJS.ErrnoException).code);
}

/** Whether `error` comes from the operating system or node:fs (it has a code), not from our code. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}
