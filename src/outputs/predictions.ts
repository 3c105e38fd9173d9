import { rm } from 'node:fs/promises';
import { AtomicFile, commitAll } from '../files/atomic.js';
import { csvRecord } from '../files/csv.js';
import { joinPath, pathLine, pathText } from '../files/paths.js';

/** The class of one face. */
export interface Prediction {
  path: Buffer;
  /** One of the class names. */
  label: string;
  /** One probability a class, in the order of the class names. */
  probabilities: ArrayLike<number>;
}

export type PredictionFormat = 'txt' | 'csv' | 'jsonl';

export const PREDICTION_NAMES: Readonly<Record<PredictionFormat, string>> = {
  txt: 'pred_ethnicities.txt',
  csv: 'predictions.csv',
  jsonl: 'predictions.jsonl',
};
const FORMATS = ['txt', 'csv', 'jsonl'] as const;

export function predictionFileNames(formats: readonly PredictionFormat[]): string[] {
  return formats.map((format) => PREDICTION_NAMES[format]);
}

export const FAILED_NAME = 'failed.txt';
const PROBABILITY_DECIMALS = 6;

/** First record of predictions.csv. */
export function csvHeader(classNames: readonly string[]): string {
  return csvRecord(['path', 'label', 'confidence', ...classNames]);
}

/**
 * The result files of one run in `folder`: the predictions in each wanted format, in the order they
 * are written, and `failed.txt`, which exists only when an input failed. All take their final names
 * together, with `commit`.
 */
export class PredictionFiles {
  private readonly folder: Buffer;
  private readonly failedPath: Buffer;
  private readonly classNames: readonly string[];
  private readonly files: Map<PredictionFormat, AtomicFile>;
  private failed: Promise<AtomicFile> | undefined;

  private constructor(
    folder: Buffer,
    classNames: readonly string[],
    files: Map<PredictionFormat, AtomicFile>,
  ) {
    this.folder = folder;
    this.failedPath = joinPath(folder, Buffer.from(FAILED_NAME));
    this.classNames = classNames;
    this.files = files;
  }

  static async open(
    folder: Buffer | string,
    classNames: readonly string[],
    formats: readonly PredictionFormat[],
  ): Promise<PredictionFiles> {
    const inFolder = (name: string) => joinPath(Buffer.from(folder), Buffer.from(name));
    const files = new Map<PredictionFormat, AtomicFile>();
    try {
      for (const format of new Set(formats)) {
        files.set(format, await AtomicFile.create(inFolder(PREDICTION_NAMES[format])));
      }
    } catch (error) {
      // Nobody else knows of those that are open.
      for (const file of files.values()) await file.discard();
      throw error;
    }
    await files.get('csv')?.write(csvHeader(classNames));
    return new PredictionFiles(Buffer.from(folder), classNames, files);
  }

  async write(prediction: Prediction): Promise<void> {
    const { path, label, probabilities } = prediction;
    const index = this.classNames.indexOf(label);
    if (index < 0) throw new Error(`"${label}" is not a class: ${this.classNames.join(', ')}`);
    // Text, so that csv and jsonl hold the same digits.
    const shares = Array.from(probabilities, (share) => share.toFixed(PROBABILITY_DECIMALS));
    const confidence = shares[index];

    const lines: Record<PredictionFormat, () => string> = {
      txt: () => `${pathLine(path)} ${label}\n`,
      csv: () => csvRecord([pathText(path), label, confidence, ...shares]),
      jsonl: () => {
        const start = JSON.stringify({ path: pathText(path), label }).slice(0, -1);
        const classes = this.classNames.map((name, i) => `${JSON.stringify(name)}:${shares[i]}`);
        return `${start},"confidence":${confidence},${classes.join(',')}}\n`;
      },
    };
    for (const [format, file] of this.files) await file.write(lines[format]());
  }

  /** Lists an input that could not be used. */
  async fail(path: Buffer, reason: string): Promise<void> {
    this.failed ??= AtomicFile.create(this.failedPath);
    const oneLine = reason.replace(/\s+/g, ' ').trim();
    await (await this.failed).write(`${pathLine(path)}\t${oneLine}\n`);
  }

  async commit(): Promise<void> {
    const failed = await this.failed;
    await commitAll([...this.files.values(), ...(failed ? [failed] : [])]);
    // Files of an earlier run that this one did not write would speak of this one.
    const stale = FORMATS.filter((format) => !this.files.has(format)).map((format) =>
      joinPath(this.folder, Buffer.from(PREDICTION_NAMES[format])),
    );
    for (const path of failed ? stale : [...stale, this.failedPath]) {
      await rm(path, { force: true });
      await rm(Buffer.concat([path, Buffer.from('.partial')]), { force: true });
    }
  }

  /** Leaves what was written under the partial names, for whoever wants to look at it. */
  async suspend(): Promise<void> {
    const failed = await this.failed;
    for (const file of [...this.files.values(), ...(failed ? [failed] : [])]) await file.seal();
  }

  /** Removes what was written; results of an earlier run stay. */
  async discard(): Promise<void> {
    for (const file of this.files.values()) await file.discard();
    await (await this.failed?.catch(() => undefined))?.discard();
  }
}
