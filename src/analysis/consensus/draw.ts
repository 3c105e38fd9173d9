/** The images of one identity, of which at most a given number are drawn at random. */
import { UserError } from '../../files/errors.js';
import { shownPath } from '../../files/text/shown-path.js';
import { xxh32 } from '../../files/xxh32.js';
import { compareFacePaths, identityName, lastTwoParts } from './face-path.js';

/** Goes into the record of a run: with it a draw can be repeated by other means. */
export const DRAW_METHOD =
  'the smallest XXH32 hashes of "<last folder>/<file name>", the seed being that of the hash';

export interface DrawOptions {
  /** Images drawn of one identity at most, from 1. */
  readonly maxPerIdentity: number;
  /** 0 .. 2^32 - 1. */
  readonly seed: number;
  /** Labels that may occur. */
  readonly classNames: readonly string[];
}

/** An identity, all of whose images have been seen. */
export interface Identity {
  readonly name: Buffer;
  /** Different images it has. */
  readonly images: number;
  /** Lines that named an image a second time, with the same label; they do not count. */
  readonly repeated: number;
  /** Images that were drawn: the smaller of `images` and `maxPerIdentity`. */
  readonly drawn: number;
  /** Of the drawn images, how many were predicted to be of each class. */
  readonly counts: readonly number[];
}

interface Candidate {
  readonly path: Buffer;
  readonly label: string;
  /** Undefined until there are so many images that it matters. */
  hash: number | undefined;
}

/**
 * Draws images of one identity while they pass: those with the smallest hash, of equal hashes the
 * one whose path comes first in byte order. Hashed are the last folder and the file's name, so the
 * draw depends neither on the order of the images nor on how the folder above was spelled
 * (`/data/ann/1.jpg` is drawn where `ann/1.jpg` is), and identities whose images have the same names
 * are drawn independently. Holds at most `2 * maxPerIdentity` images.
 */
export class Draw {
  /** The identity's folder with its slash; empty for images in no folder. */
  readonly folder: Buffer;
  private readonly options: DrawOptions;
  private candidates: Candidate[] = [];
  private images = 0;
  private repeated = 0;
  private last: Candidate | undefined;
  /** What a further image has to come before, once there are more than can be drawn. */
  private limit: Candidate | undefined;

  constructor(folder: Buffer, options: DrawOptions) {
    this.folder = folder;
    this.options = options;
  }

  /**
   * Images come in the order of `compareFacePaths`, so that one that comes twice is noticed.
   *
   * @throws UserError where it came before with another label
   */
  add(path: Buffer, label: string): void {
    if (this.last?.path.equals(path)) {
      this.repeat(label);
      return;
    }
    this.images += 1;
    const candidate = { path, label, hash: undefined };
    this.last = candidate;
    if (this.limit !== undefined && this.compare(candidate, this.limit) > 0) return;
    this.candidates.push(candidate);
    if (this.candidates.length === 2 * this.options.maxPerIdentity) this.reduce();
  }

  /** The identity with the counts of its draw. */
  finish(): Identity {
    const { classNames, maxPerIdentity } = this.options;
    if (this.candidates.length > maxPerIdentity) this.reduce();
    const counts = classNames.map(() => 0);
    for (const { label } of this.candidates) counts[classNames.indexOf(label)] += 1;
    const { images, repeated } = this;
    const name = identityName(this.folder);
    return { name, images, repeated, drawn: this.candidates.length, counts };
  }

  private repeat(label: string): void {
    const { path, label: other } = this.last!;
    if (label !== other) {
      throw new UserError(
        `predictions: ${shownPath(path)} is there twice, as ${other} and as ${label}; give predictions of one run`,
      );
    }
    this.repeated += 1;
  }

  private reduce(): void {
    const { maxPerIdentity } = this.options;
    this.candidates.sort((left, right) => this.compare(left, right));
    this.candidates.length = maxPerIdentity;
    this.limit = this.candidates[maxPerIdentity - 1];
  }

  private compare(left: Candidate, right: Candidate): number {
    return this.hash(left) - this.hash(right) || Buffer.compare(left.path, right.path);
  }

  private hash(candidate: Candidate): number {
    const { path } = candidate;
    candidate.hash ??= xxh32(path, lastTwoParts(path), this.options.seed);
    return candidate.hash;
  }
}

/** Draws of images in any order. */
export function drawOf(
  folder: Buffer,
  images: readonly { readonly path: Buffer; readonly label: string }[],
  options: DrawOptions,
): Identity {
  const draw = new Draw(folder, options);
  const sorted = images.toSorted((left, right) => compareFacePaths(left.path, right.path));
  for (const { path, label } of sorted) draw.add(path, label);
  return draw.finish();
}
