/** What the readers share: what becomes of a member by its name and size. */
import {
  EMPTY,
  type FailedMember,
  type HiddenMember,
  LARGEST_MEMBER,
  type LinkMember,
  type Locator,
  type Member,
  type Notices,
  type OtherMember,
  type ReadOptions,
  tooLarge,
} from './entry.js';
import {
  isHiddenName,
  LONGEST_NAME,
  lastPart,
  nameEnding,
  SingleNames,
  safeRelative,
  shortened,
} from './names.js';

/** A file of an archive, before it is known whether it is an image. */
export interface StoredFile {
  /** As stored. */
  readonly name: Buffer;
  readonly isLink: boolean;
  readonly size: number;
  /** Why it cannot be read, or undefined. */
  readonly fault: string | undefined;
}

/** How the entries of one archive are made; names stay single over all of them. */
export class Members {
  readonly limit: number;
  readonly #options: ReadOptions;
  readonly #names: SingleNames;

  constructor(options: ReadOptions, notices: Notices) {
    this.limit = options.largestMember ?? LARGEST_MEMBER;
    this.#options = options;
    this.#names = new SingleNames(notices);
  }

  /** The entry of a file that is passed over; undefined when it is an image by its name. */
  passedOver(name: Buffer): HiddenMember | OtherMember | undefined {
    // Ends are looked at only: a name of a megabyte costs no more than one that can be used.
    const safe = name.length > LONGEST_NAME ? name : safeRelative(name);
    if (isHiddenName(safe)) return { kind: 'hidden' };
    if (this.#options.isImageName(lastPart(safe))) return undefined;
    return { kind: 'other', ending: nameEnding(safe) };
  }

  /** The entry of a file with an image's name that is not to be read, or undefined. */
  refused(file: StoredFile): FailedMember | LinkMember | undefined {
    if (file.isLink) return { kind: 'link', name: shown(file.name) };
    const fault = file.fault ?? this.#sizeFault(file.size) ?? nameFault(file.name);
    return fault === undefined ? undefined : this.failed(file.name, fault);
  }

  #sizeFault(size: number): string | undefined {
    if (size === 0) return EMPTY;
    return size > this.limit ? tooLarge(size, this.limit) : undefined;
  }

  failed(name: Buffer, reason: string): FailedMember {
    return { kind: 'failed', name: this.single(name), reason };
  }

  member(name: Buffer, size: number, locator?: Locator, bytes?: Buffer): Member {
    return { kind: 'member', name: this.single(name), size, locator, bytes };
  }

  /** The name in results: safe, and no other member's. */
  single(name: Buffer): Buffer {
    return this.#names.single(shown(name));
  }
}

function shown(name: Buffer): Buffer {
  return name.length > LONGEST_NAME ? shortened(name) : safeRelative(name);
}

function nameFault(name: Buffer): string | undefined {
  return name.length > LONGEST_NAME
    ? `has a name of ${name.length} bytes; up to ${LONGEST_NAME} are read`
    : undefined;
}
