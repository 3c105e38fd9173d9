import { AtomicFile, type StagedFile } from '../files/atomic.js';
import { joinPath, pathLine, pathText } from '../files/paths.js';
import { csvRecord } from '../files/text/csv.js';
import { escaped } from '../files/text/shown.js';
import type { Sink } from './sink.js';

/** The class of one face, or an input that could not be used. */
export type PredictionRow =
  | {
      readonly kind: 'prediction';
      readonly path: Buffer;
      /** One of the class names. */
      readonly label: string;
      /** One probability a class, in the order of the class names. */
      readonly probabilities: ArrayLike<number>;
      /** Of a face of a photograph: the number of the better face that it overlaps, or null. */
      readonly overlaps?: number | null;
    }
  | { readonly kind: 'failed'; readonly path: Buffer; readonly reason: string };

type Prediction = Extract<PredictionRow, { kind: 'prediction' }>;

export type PredictionFormat = 'txt' | 'csv' | 'jsonl';

export const PREDICTION_NAMES: Readonly<Record<PredictionFormat, string>> = {
  txt: 'pred_ethnicities.txt',
  csv: 'predictions.csv',
  jsonl: 'predictions.jsonl',
};

export function predictionFileNames(formats: readonly PredictionFormat[]): string[] {
  return formats.map((format) => PREDICTION_NAMES[format]);
}

export const FAILED_NAME = 'failed.txt';
const PROBABILITY_DECIMALS = 6;

/** What rows stand for: images, or faces of photographs, which have a column more. */
export type PredictionSubject = 'images' | 'faces';

/** Columns of predictions.csv. Those after the label are numbers, of which only `overlaps` may be empty. */
export function csvColumns(
  classNames: readonly string[],
  subject: PredictionSubject = 'images',
): string[] {
  const ofFaces = subject === 'faces' ? ['overlaps'] : [];
  return ['path', 'label', 'confidence', ...classNames, ...ofFaces];
}

/** First record of predictions.csv. */
export function csvHeader(classNames: readonly string[], subject?: PredictionSubject): string {
  return csvRecord(csvColumns(classNames, subject));
}

/**
 * The predictions of one run in each wanted format, in the order they are written, and `failed.txt`, which exists
 * only when an input failed.
 */
export class PredictionFiles implements Sink<PredictionRow> {
  readonly owns: readonly string[];
  private readonly files = new Map<PredictionFormat, AtomicFile>();
  private failed: Promise<AtomicFile> | undefined;

  constructor(
    private readonly folder: string,
    private readonly classNames: readonly string[],
    private readonly formats: readonly PredictionFormat[],
    private readonly subject: PredictionSubject = 'images',
  ) {
    this.owns = [...predictionFileNames(formats), FAILED_NAME];
  }

  async open(): Promise<void> {
    try {
      for (const format of new Set(this.formats)) {
        this.files.set(format, await AtomicFile.create(this.inFolder(PREDICTION_NAMES[format])));
      }
    } catch (error) {
      // Nobody else knows of those that are open.
      await this.discard();
      throw error;
    }
    await this.files.get('csv')?.write(csvHeader(this.classNames, this.subject));
  }

  async write(row: PredictionRow): Promise<void> {
    if (row.kind === 'failed') return this.fail(row.path, row.reason);
    for (const [format, file] of this.files) await file.write(this.line(format, row));
  }

  async seal(): Promise<readonly StagedFile[]> {
    const staged: StagedFile[] = [];
    for (const file of await this.all()) staged.push(await file.seal());
    return staged;
  }

  async suspend(): Promise<void> {
    await this.seal();
  }

  async discard(): Promise<void> {
    for (const file of await this.all()) await file.discard();
  }

  private line(format: PredictionFormat, row: Prediction): string {
    const { path, label, probabilities, overlaps = null } = row;
    const ofFaces = this.subject === 'faces';
    const index = this.classNames.indexOf(label);
    if (index < 0) throw new Error(`"${label}" is not a class: ${this.classNames.join(', ')}`);
    // Text, so that csv and jsonl hold the same digits.
    const shares = Array.from(probabilities, (share) => share.toFixed(PROBABILITY_DECIMALS));
    const confidence = shares[index];
    switch (format) {
      case 'txt':
        return `${pathLine(path)} ${label}\n`;
      case 'csv':
        return csvRecord([
          ...[pathText(path), label, confidence, ...shares],
          ...(ofFaces ? [overlaps ?? ''] : []),
        ]);
      case 'jsonl': {
        const start = JSON.stringify({ path: pathText(path), label }).slice(0, -1);
        const classes = this.classNames.map((name, i) => `${JSON.stringify(name)}:${shares[i]}`);
        const end = ofFaces ? `,"overlaps":${overlaps}` : '';
        return `${start},"confidence":${confidence},${classes.join(',')}${end}}\n`;
      }
    }
  }

  private async fail(path: Buffer, reason: string): Promise<void> {
    this.failed ??= AtomicFile.create(this.inFolder(FAILED_NAME));
    const oneLine = escaped(reason.replace(/\s+/g, ' ').trim());
    await (await this.failed).write(`${pathLine(path)}\t${oneLine}\n`);
  }

  private inFolder(name: string): Buffer {
    return joinPath(Buffer.from(this.folder), Buffer.from(name));
  }

  private async all(): Promise<AtomicFile[]> {
    const failed = await this.failed?.catch(() => undefined);
    return [...this.files.values(), ...(failed ? [failed] : [])];
  }
}
