import { access } from 'node:fs/promises';

export async function fileExists(path: Buffer | string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
