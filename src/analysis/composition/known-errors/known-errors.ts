/**
 * The file of a classifier's known errors: how often, on labelled faces, each class was taken for which. Made by
 * `evaluate` (metrics.json), shipped with the bundled model, or written by hand; it is not trusted.
 */
import { UserError } from '../../../files/errors.js';
import { own } from '../../../files/own.js';
import { isCount } from '../../../files/text/json.js';
import { type Cutting, cuttingOf } from '../cutting.js';
import { checkCounts, checkNames, checkSupport, text } from './known-errors-checks.js';

/** Faces whose confidence is from `from` to below `to`; the last range includes its end. */
export interface ConfidenceRange {
  readonly from: number;
  readonly to: number;
  /** Rows are the truth, columns the prediction. */
  readonly confusion: readonly (readonly number[])[];
}

/** Of the labelled photographs of a class, those in which a face was found. */
export type Detection = readonly [withFace: number, photographs: number];

export interface KnownErrors {
  /** For messages and for the record where the file names no source. */
  readonly file: string;
  readonly classNames: readonly string[];
  /** Faces; rows are the truth, columns the prediction, in the order of the class names. */
  readonly confusion: readonly (readonly number[])[];
  /** Labelled faces. */
  readonly n: number;
  /** Ascending, from 0 to 1 without a gap; they sum to `confusion`. */
  readonly byConfidence: readonly ConfidenceRange[] | null;
  /** In the order of the classes; null for a class of which nothing is known. */
  readonly detection: readonly (Detection | null)[] | null;
  /** 64 lower-case hexadecimal digits. */
  readonly modelSha256: string | null;
  readonly cutting: Cutting | null;
  readonly source: string | null;
  readonly date: string | null;
}

/** A file of 64 classes and 100 ranges has some 3 MB. */
const MOST_BYTES = 16 * 2 ** 20;
const MOST_RANGES = 100;
const LONGEST_TEXT = 1000;
const EXPECTED =
  'Give a JSON file with `class_names` and `confusion`, as `facecls evaluate` writes';

/**
 * @param bytes of the file
 * @param file its name, for messages
 * @throws UserError that names the file, what is wrong in it and the remedy
 */
export function parseKnownErrors(bytes: Buffer, file: string): KnownErrors {
  const content = parseObject(bytes, file);
  const classNames = checkNames(own(content, 'class_names'), file);
  const confusion = checkCounts(own(content, 'confusion'), classNames.length, file, '`confusion`');
  checkSupport(own(content, 'classes'), classNames, confusion, file);
  const sha256 = text(own(content, 'model_sha256'), file, '`model_sha256`', LONGEST_TEXT);
  if (sha256 !== null && !/^[\da-f]{64}$/i.test(sha256)) {
    throw new UserError(
      `${file}: \`model_sha256\` is not 64 hexadecimal digits. Correct it or leave it out.`,
    );
  }
  return {
    file,
    classNames,
    confusion,
    n: total(confusion),
    byConfidence: parseRanges(own(content, 'confusion_by_confidence'), confusion, file),
    detection: parseDetection(own(content, 'detection'), classNames, file),
    modelSha256: sha256?.toLowerCase() ?? null,
    cutting: cuttingOf(own(content, 'made_with')),
    source: text(own(content, 'source'), file, '`source`', LONGEST_TEXT),
    date: text(own(content, 'date'), file, '`date`', LONGEST_TEXT),
  };
}

/**
 * The same errors with the classes in the order of the predictions.
 *
 * @throws UserError where the classes are not the same
 */
export function inOrderOf(known: KnownErrors, classNames: readonly string[]): KnownErrors {
  const order = classNames.map((name) => known.classNames.indexOf(name));
  if (order.includes(-1) || classNames.length !== known.classNames.length) {
    throw new UserError(
      `${known.file}: its classes are ${known.classNames.join(', ')}, those of the predictions ${classNames.join(', ')}. Give the known errors of the model that made the predictions.`,
    );
  }
  const reorder = (counts: KnownErrors['confusion']) =>
    order.map((row) => order.map((column) => counts[row][column]));
  return {
    ...known,
    classNames,
    confusion: reorder(known.confusion),
    byConfidence:
      known.byConfidence?.map((range) => ({ ...range, confusion: reorder(range.confusion) })) ??
      null,
    detection: known.detection && order.map((row) => known.detection![row]),
  };
}

function parseObject(bytes: Buffer, file: string): object {
  if (bytes.length > MOST_BYTES) {
    throw new UserError(`${file}: has more than 16 MiB. ${EXPECTED}.`);
  }
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString().replace(/^\ufeff/, ''));
  } catch {
    throw new UserError(`${file}: is not JSON. ${EXPECTED}.`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UserError(`${file}: is not a JSON object. ${EXPECTED}.`);
  }
  return content;
}

function parseRanges(
  value: unknown,
  confusion: KnownErrors['confusion'],
  file: string,
): KnownErrors['byConfidence'] {
  if (value === undefined || value === null) return null;
  const name = '`confusion_by_confidence`';
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_RANGES) {
    throw new UserError(
      `${file}: ${name} is not a list of 1 to ${MOST_RANGES} ranges. Correct it or leave it out.`,
    );
  }
  const ranges = value.map((range: unknown, k): ConfidenceRange => {
    const from = own(range, 'from');
    const to = own(range, 'to');
    if (typeof from !== 'number' || typeof to !== 'number' || !(from < to)) {
      throw new UserError(
        `${file}: range ${k + 1} of ${name} has no numbers \`from\` below \`to\`. Correct it.`,
      );
    }
    const what = `\`confusion\` of range ${k + 1} of ${name}`;
    const counts = checkCounts(own(range, 'confusion'), confusion.length, file, what);
    return { from, to, confusion: counts };
  });
  const isWhole =
    ranges[0].from === 0 &&
    ranges.at(-1)?.to === 1 &&
    ranges.every(({ from }, k) => k === 0 || from === ranges[k - 1].to);
  if (!isWhole) {
    throw new UserError(
      `${file}: the ranges of ${name} do not follow each other from 0 to 1. Correct their bounds.`,
    );
  }
  const sums = confusion.map((row, i) =>
    row.map((_, j) => ranges.reduce((sum, range) => sum + range.confusion[i][j], 0)),
  );
  if (sums.some((row, i) => row.some((count, j) => count !== confusion[i][j]))) {
    throw new UserError(
      `${file}: the counts of ${name} do not sum to \`confusion\`. Make both from the same faces.`,
    );
  }
  return ranges;
}

function parseDetection(
  value: unknown,
  classNames: readonly string[],
  file: string,
): KnownErrors['detection'] {
  if (value === undefined || value === null) return null;
  return classNames.map((name) => {
    const pair = own(value, name);
    if (pair === undefined || pair === null) return null;
    const [withFace, photographs] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (!isCount(withFace) || !isCount(photographs) || withFace > photographs) {
      throw new UserError(
        `${file}: \`detection\` of ${name} is not [photographs with a face, photographs]. Correct it or leave it out.`,
      );
    }
    return [withFace, photographs];
  });
}

function total(counts: KnownErrors['confusion']): number {
  return counts.flat().reduce((sum, count) => sum + count, 0);
}
