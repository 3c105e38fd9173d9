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

/** A prediction, as far as it matters here. */
export interface LabelledImage {
  readonly path: Buffer;
  /** One of the class names. */
  readonly label: string;
  /** Where it begins in its file, for messages; undefined where it is of no file. */
  readonly line?: number | undefined;
}

/** An image with two labels. */
export class TwoLabelsError extends UserError {
  /** Undefined where the images are of no file. */
  readonly lines: readonly [number, number] | undefined;
  /** What is wrong, as a part of a sentence, and the remedy. */
  readonly reason: string;

  constructor(before: LabelledImage, after: LabelledImage) {
    const reason = `${shownPath(before.path)} is there twice, as ${before.label} and as ${after.label}; give predictions of one run`;
    super(`predictions: ${reason}`);
    this.reason = reason;
    const isOfFile = before.line !== undefined && after.line !== undefined;
    this.lines = isOfFile ? [before.line, after.line] : undefined;
  }
}

interface Candidate extends LabelledImage {
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
   * @throws TwoLabelsError where it came before with another label
   */
  add(path: Buffer, label: string, line?: number): void {
    if (this.last?.path.equals(path)) {
      this.repeat(this.last, { path, label, line });
      return;
    }
    this.images += 1;
    const candidate = { path, label, line, hash: undefined };
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

  private repeat(before: LabelledImage, after: LabelledImage): void {
    if (before.label !== after.label) throw new TwoLabelsError(before, after);
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
  images: readonly LabelledImage[],
  options: DrawOptions,
): Identity {
  const draw = new Draw(folder, options);
  const sorted = images.toSorted((left, right) => compareFacePaths(left.path, right.path));
  for (const { path, label, line } of sorted) draw.add(path, label, line);
  return draw.finish();
}
