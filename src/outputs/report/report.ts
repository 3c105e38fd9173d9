/**
 * `report.html`: a contact sheet of one run in one file, which opens from disk without a network.
 * Totals are over all images; thumbnails are of a uniform sample, so that memory is bounded.
 */
import path from 'node:path';
import { AtomicFile, type StagedFile } from '../../files/atomic.js';
import { pathLine } from '../../files/paths.js';
import type { RgbImage } from '../../image/image.js';
import { loadSharp } from '../../image/sharp.js';
import type { Sink } from '../sink.js';
import {
  type AuditPart,
  type Failure,
  type ReportClass,
  type ReportFace,
  reportPage,
} from './page.js';
import { DEFAULT_MAX_IMAGES, rankOf, UniformSample } from './sample.js';

/** Longest side of a thumbnail in pixels: that of an aligned face, which keeps its every pixel. */
const THUMBNAIL_SIZE = 112;
const THUMBNAIL_QUALITY = 80;

/** The first failures are named in the page; failed.txt names all. */
const MAX_LISTED_FAILURES = 200;

export interface ReportOptions {
  /** In the order of the probabilities. */
  readonly classNames: readonly string[];
  /** What ran, for the top of the page, in this order: `{ Model: 'resnet18.ckpt', ... }`. */
  readonly facts: Readonly<Record<string, string>>;
  /** At most this many thumbnails are kept and shown. */
  readonly maxImages?: number;
  /** What comes before the faces, about all rows; none by default. */
  readonly audit?: ReportAudit | undefined;
}

/** Sees every row before it is shown. */
export interface ReportAudit {
  add(row: ReportRow): void;
  /** To be called once, after the last row. */
  part(): AuditPart;
}

/** A face to show, a photograph that was searched for faces, or an input that could not be used. */
export type ReportRow =
  | ShownFace
  | {
      readonly kind: 'photograph';
      readonly path: Buffer;
      readonly outcome: 'with_face' | 'no_face';
    }
  | { readonly kind: 'failed'; readonly path: Buffer; readonly reason: string };

export interface ShownFace {
  readonly kind: 'face';
  readonly path: Buffer;
  /** One of the class names. */
  readonly label: string;
  /** One probability a class, in the order of the class names. */
  readonly probabilities: ArrayLike<number>;
  readonly image: RgbImage;
  /** Number of the better face of its photograph that it overlaps. */
  readonly overlaps?: number | null | undefined;
}

const REPORT_NAME = 'report.html';

export class Report implements Sink<ReportRow> {
  readonly owns = [REPORT_NAME];
  private readonly classes: { readonly name: string; count: number; confidences: number }[];
  private readonly facts: ReportOptions['facts'];
  private readonly sample: UniformSample<ReportFace>;
  private readonly failures: Failure[] = [];
  private failed = 0;
  private readonly audit: ReportAudit | undefined;

  constructor(
    private readonly folder: string,
    { classNames, facts, maxImages = DEFAULT_MAX_IMAGES, audit }: ReportOptions,
  ) {
    this.audit = audit;
    this.classes = classNames.map((name) => ({ name, count: 0, confidences: 0 }));
    this.facts = facts;
    this.sample = new UniformSample(maxImages);
  }

  /** Thumbnails in memory; for tests, which see that there are never more than the cap. */
  get kept(): number {
    return this.sample.items.length;
  }

  async open(): Promise<void> {}

  async write(row: ReportRow): Promise<void> {
    this.audit?.add(row);
    switch (row.kind) {
      case 'face':
        return this.add(row);
      case 'failed':
        return this.addFailure(row.path, row.reason);
      case 'photograph':
    }
  }

  /**
   * Counts a face, and keeps its thumbnail if it belongs to the sample; `image` is not used any
   * more when this resolves. An image that does not belong to it is not encoded.
   */
  private async add({ path, label, probabilities, image }: ShownFace): Promise<void> {
    const labelIndex = this.classes.findIndex(({ name }) => name === label);
    if (labelIndex < 0) throw new Error(`"${label}" is not a class of this report`);
    const confidence = probabilities[labelIndex];
    this.classes[labelIndex].count += 1;
    this.classes[labelIndex].confidences += confidence;

    const rank = rankOf(path);
    if (!this.sample.takes(rank)) return;
    const face: ReportFace = {
      path: pathLine(path),
      label: labelIndex,
      confidence,
      probabilities: Array.from(probabilities),
      thumbnail: Buffer.alloc(0),
    };
    // In before it has its picture: faces may be added while others are being encoded.
    this.sample.insert(rank, face);
    face.thumbnail = await thumbnail(image);
  }

  /** Counts an input that could not be used; the first ones are listed. */
  private addFailure(path: Buffer, reason: string): void {
    this.failed += 1;
    if (this.failures.length < MAX_LISTED_FAILURES) {
      this.failures.push({ path: pathLine(path), reason: reason.replace(/\s+/g, ' ').trim() });
    }
  }

  async seal(): Promise<readonly StagedFile[]> {
    const classes: ReportClass[] = this.classes.map(({ name, count, confidences }, label) => ({
      name,
      count,
      meanConfidence: confidences / count,
      faces: this.sample.items.filter((face) => face.label === label).sort(byConfidence),
    }));
    const page = {
      ...{ facts: this.facts, classes, failures: this.failures, failed: this.failed },
      audit: this.audit?.part() ?? null,
    };
    const file = await AtomicFile.create(path.join(this.folder, REPORT_NAME));
    try {
      // Face by face: at a high cap the page is longer than a string may be.
      for (const piece of reportPage(page)) await file.write(piece);
      return [await file.seal()];
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** There is no page until it is sealed. */
  async suspend(): Promise<void> {}

  async discard(): Promise<void> {}
}

/** Highest confidence first, of equal ones the path. */
function byConfidence(a: ReportFace, b: ReportFace): number {
  return b.confidence - a.confidence || (a.path < b.path ? -1 : 1);
}

/** `image` as a JPEG with its aspect ratio, made smaller where it is larger than a thumbnail. */
function thumbnail({ data, width, height }: RgbImage): Promise<Buffer> {
  return loadSharp()(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize(THUMBNAIL_SIZE, THUMBNAIL_SIZE, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: THUMBNAIL_QUALITY })
    .toBuffer();
}
