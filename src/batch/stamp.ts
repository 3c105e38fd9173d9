import { stat } from 'node:fs/promises';

/**
 * Size and time of change of a file, as `<bytes>-<nanoseconds>`: another one has been put in its place where they
 * differ. Taken before the file is read: one that is replaced meanwhile is done again, never passed over.
 *
 * @returns undefined where there is no such file, or it cannot be asked
 */
export async function stampOf(file: Buffer): Promise<string | undefined> {
  try {
    const { size, mtimeNs } = await stat(file, { bigint: true });
    return `${size}-${mtimeNs}`;
  } catch {
    return undefined;
  }
}
