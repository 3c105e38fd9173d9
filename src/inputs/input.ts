/**
 * What a walk, a list or an archive gives: an image, or an input that is lost. Paths are bytes (files/paths.ts):
 * `path` stands in results, `relative` is where the input is below the input folder, and names its crops.
 */
import type { Locator } from './archives/entry.js';

export interface ImageFile {
  readonly kind: 'file';
  /** Opens the file: the input folder as it was given, and `relative`; or the path as listed. */
  readonly path: Buffer;
  readonly relative: Buffer;
  /** Its size and time before it was read (batch/stamp.ts); absent where nobody has to know. */
  readonly stamp?: string;
}

/** An image in an archive. */
export interface ArchiveMember {
  readonly kind: 'member';
  /** The path of the archive, and the name of the member below it. */
  readonly path: Buffer;
  readonly relative: Buffer;
  /** Opens the archive. */
  readonly archive: Buffer;
  readonly content: MemberContent;
  /** That of the archive; absent where nobody has to know. */
  readonly stamp?: string;
}

/** Where its bytes are, for whoever opens the archive; or these, where it can only be read in sequence. */
export type MemberContent =
  | { readonly kind: 'stored'; readonly locator: Locator }
  | { readonly kind: 'bytes'; readonly bytes: Buffer };

/** A folder, an archive or a member of one that cannot be read, with all that is in it. */
export interface UnreadableInput {
  readonly kind: 'unreadable';
  readonly path: Buffer;
  readonly relative: Buffer;
  readonly reason: string;
  /** Whether another attempt may succeed. */
  readonly mayPass: boolean;
}

/** A file that is no image by its name. */
export interface OtherFile {
  readonly kind: 'other';
  readonly path: Buffer;
  readonly relative: Buffer;
}

export type StoredImage = ImageFile | ArchiveMember;

export type FoundInput = StoredImage | UnreadableInput;
