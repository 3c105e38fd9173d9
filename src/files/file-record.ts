import path from 'node:path';
import type { StagedFile } from './atomic.js';

/** A file that a command made, as its record lists it. */
export interface FileRecord {
  readonly name: string;
  /** Line ends in a text; null of a picture. */
  readonly lines: number | null;
  /** Of its bytes, lower-case hexadecimal. */
  readonly sha256: string;
}

export function fileRecord({ path: file, lines, sha256 }: StagedFile): FileRecord {
  return { name: fileName(file), lines, sha256 };
}

export function fileName(file: Buffer): string {
  return path.basename(file.toString());
}
