/** What a walk or a list gives: an image file, or a folder that could not be read. Paths are bytes (files/paths.ts). */

export interface ImageFile {
  readonly kind: 'file';
  /** Opens the file: the input folder as it was given, and `relative`; or the path as listed. */
  readonly path: Buffer;
  /** Where the file is below the input folder; names its results. */
  readonly relative: Buffer;
  /** Its size and time before it was read (batch/stamp.ts); absent where nobody has to know. */
  readonly stamp?: string;
}

/** A sub-folder whose images are lost to the run. */
export interface UnreadableFolder {
  readonly kind: 'unreadable';
  readonly path: Buffer;
  readonly relative: Buffer;
  readonly reason: string;
  /** Whether another attempt may succeed. */
  readonly mayPass: boolean;
}

export type FoundInput = ImageFile | UnreadableFolder;
