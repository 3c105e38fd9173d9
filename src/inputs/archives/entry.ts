/**
 * What a reader of archives yields, whatever the kind of the archive: its members in the archive's
 * own order, and whatever else stands between them, so that nothing is passed over without a count.
 */

/** The kinds of archives that are read; a `tar.gz` is a tar within gzip. */
export type ArchiveKind = 'tar' | 'tar.gz' | 'zip' | 'recordio' | 'parquet';

/** Bytes `offset` to `offset + size` of a tar. */
export interface TarLocator {
  readonly kind: 'tar';
  readonly offset: number;
  readonly size: number;
}

/** What the directory of a zip says of one member. */
export interface ZipLocator {
  readonly kind: 'zip';
  /** Of the local header. */
  readonly offset: number;
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
}

/** One logical record: one part of the file, or several to be joined. */
export interface RecordLocator {
  readonly kind: 'recordio';
  /** Of the header of the first part. */
  readonly offset: number;
  /** Bytes from there to the end of the last part, its padding left out. */
  readonly span: number;
  /** Bytes of the joined record before the image: its header and labels. */
  readonly skip: number;
}

/** One row of a Parquet file. */
export interface ParquetLocator {
  readonly kind: 'parquet';
  readonly column: string;
  readonly rowGroup: number;
  /** Within the row group. */
  readonly row: number;
}

/** Plain values with which `MemberReader` reads a member in any process, by offset. */
export type Locator = TarLocator | ZipLocator | RecordLocator | ParquetLocator;

/** An image by its name (tar, zip), by its content (RecordIO), or as a row (Parquet). */
export interface Member {
  readonly kind: 'member';
  /**
   * The path of the member in results, below that of the archive: made safe (`safeRelative`) and
   * made single (`NAME;k`), otherwise the bytes as they are stored.
   */
  readonly name: Buffer;
  /** Bytes of the image. */
  readonly size: number;
  /** Missing where only reading in sequence is possible (tar.gz): then `bytes` are there. */
  readonly locator: Locator | undefined;
  /** The image, where the reader has it at hand (tar.gz, Parquet). Keep it no longer than needed. */
  readonly bytes: Buffer | undefined;
}

/** A member that should be an image and cannot be read; the others are. */
export interface FailedMember {
  readonly kind: 'failed';
  /** As that of a member. */
  readonly name: Buffer;
  /** A short phrase, without control characters. */
  readonly reason: string;
}

/** A file that is no image by its name. */
export interface OtherMember {
  readonly kind: 'other';
  /** The ending in lower case without its dot, at most 16 characters of a-z, 0-9 and `_`; else ''. */
  readonly ending: string;
}

/** A name with a part that begins with a dot, or in `__MACOSX/`. */
export interface HiddenMember {
  readonly kind: 'hidden';
}

/** A record that holds ranges of other records and no image, as insightface writes them. */
export interface IndexRecord {
  readonly kind: 'index_record';
}

/** A symbolic or hard link with an image's name: not followed. */
export interface LinkMember {
  readonly kind: 'link';
  readonly name: Buffer;
}

/** The last entry where it is there: what follows in the file is not read. */
export interface Damage {
  readonly kind: 'damage';
  /** Byte of the file; of a tar.gz, byte of the unpacked tar. */
  readonly offset: number;
  /** What should be there: `the header of a member`; a phrase without control characters. */
  readonly expected: string;
}

export type Entry =
  | Member
  | FailedMember
  | OtherMember
  | HiddenMember
  | IndexRecord
  | LinkMember
  | Damage;

/** What a reader noticed so far, to be said once an archive. */
export interface Notices {
  /** Members and failed members whose name stood before and that are called `NAME;k`. */
  repeatedNames: number;
  /** RecordIO: labels of 2^24 and more, which float32 holds only in part. */
  inexactLabels: number;
  /** RecordIO: in what the index beside the file does not fit it; undefined where it fits, or there is none. */
  unfitIndex: UnfitIndex | undefined;
}

export interface UnfitIndex {
  /** How many records it names; undefined where its content is no index. */
  readonly entries: number | undefined;
  /** How many records were read. */
  readonly records: number;
}

export interface ReadOptions {
  /** Whether a name (its last part, a character a byte) is that of an image. */
  readonly isImageName: (name: string) => boolean;
  /** Larger members fail, bytes. */
  readonly largestMember?: number;
  /** Parquet: the column with the images. */
  readonly imageColumn?: string | undefined;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** 256 MiB: no photograph is larger, and a worker can hold one. */
export const LARGEST_MEMBER = 2 ** 28;

/** The reason of a member over the limit. */
export function tooLarge(size: number | bigint, limit: number): string {
  return `declares ${size} bytes, more than the ${limit} that are read of one member`;
}

/** The reason of a member of no bytes. */
export const EMPTY = 'is empty';
