/** Files of results of shards, gone through record by record, bytes as they are. */
import { parse } from 'csv-parse';
import { UserError } from '../../files/errors.js';
import { openRegularFile } from '../../files/open-file.js';
import { parsePathLine } from '../../files/paths.js';
import { csvRecord } from '../../files/text/csv.js';
import { LongLineError, MOST_LINE_BYTES, readLines } from '../../files/text/lines.js';
import { shown } from '../../files/text/shown.js';
import { shownPath } from '../../files/text/shown-path.js';
import { faceSuffix } from '../../inputs/face-name.js';
import { UNREADABLE_FOLDER } from '../../inputs/folder.js';
import { MANIFEST_NAME } from '../../outputs/manifest.js';
import {
  csvColumns,
  csvHeader,
  FAILED_NAME,
  PREDICTION_NAMES,
  type PredictionSubject,
} from '../../outputs/predictions.js';

/** What a file says of an input, or of one of its faces. */
export interface MergeRecord {
  /** With its line end. */
  readonly text: string;
  /** Where the input stands in the order: the path it was read from; that of a folder with a slash. */
  readonly path: Buffer;
  /** Number of the face of a photograph; 0 where there is none, or the input is a face itself. */
  readonly face: number;
  readonly says: Says;
}

export type Says =
  /** `numbers`: confidence, a probability for each class and, of a face, what it overlaps; not in every file. */
  | { readonly kind: 'label'; readonly label: string; readonly numbers?: string }
  /** `overlaps`: a better face. */
  | { readonly kind: 'face'; readonly overlaps: boolean }
  | { readonly kind: 'no_face' }
  | { readonly kind: 'failed' };

type Content = Omit<MergeRecord, 'text'>;
type Records = AsyncGenerator<MergeRecord, undefined>;

/** How the files of a run are to be read. */
export interface Reading {
  /** Paths in predictions are `<photograph>#<face>`. */
  readonly hasFaces: boolean;
  readonly classNames: readonly string[];
}

/** The kinds of files, by the name they have. */
const READERS: Readonly<Record<string, (file: string, reading: Reading) => Records>> = {
  [PREDICTION_NAMES.txt]: (file, reading) =>
    readEach(file, (line) => {
      const space = line.lastIndexOf(' ');
      return prediction(line.slice(0, Math.max(space, 0)), line.slice(space + 1), reading);
    }),
  [PREDICTION_NAMES.jsonl]: (file, reading) => {
    const columns = numberColumns(reading);
    return readEach(file, (line) => {
      const row = parseObject(line);
      const numbers = numbersOf(columns.map((name) => row[name]));
      return prediction(row.path, row.label, reading, numbers);
    });
  },
  [PREDICTION_NAMES.csv]: readCsv,
  [FAILED_NAME]: (file) =>
    readEach(file, (line) => {
      const [name, reason] = line.split('\t');
      if (reason === undefined) throw new Error('expected a path, a tab and a reason');
      return { path: placeOf(name, reason), face: 0, says: { kind: 'failed' } };
    }),
  [MANIFEST_NAME]: (file) => readEach(file, manifestContent),
};

/** The files that can be merged. */
export const MERGED_FILES = Object.keys(READERS);

async function* readEach(file: string, parseLine: (line: string) => Content): Records {
  for await (const line of readLines(file)) yield { text: `${line}\n`, ...parseLine(line) };
  return undefined;
}

async function* readCsv(file: string, reading: Reading): Records {
  const handle = await openRegularFile(file);
  const bytes = handle.createReadStream();
  const rows = bytes.pipe(parse({ max_record_size: MOST_LINE_BYTES }));
  bytes.on('error', (error) => rows.destroy(error));
  const header = csvHeader(reading.classNames, subjectOf(reading));
  let isHeader = true;
  try {
    for await (const fields of rows) {
      const text = csvRecord(fields);
      if (isHeader && text !== header) throw new Error(`expected the header ${header.trim()}`);
      if (!isHeader) {
        const [name, label, ...values] = fields;
        const numbers = numbersOf(values.map((value: string) => (value === '' ? null : +value)));
        yield { text, ...prediction(name, label, reading, numbers) };
      }
      isHeader = false;
    }
  } finally {
    bytes.destroy();
  }
  if (isHeader) throw new Error('it has no header');
  return undefined;
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error('expected a JSON object');
  return value as Record<string, unknown>;
}

function subjectOf({ hasFaces }: Reading): PredictionSubject {
  return hasFaces ? 'faces' : 'images';
}

/** The columns that are numbers. */
function numberColumns(reading: Reading): string[] {
  return csvColumns(reading.classNames, subjectOf(reading)).slice(2);
}

/** The numbers of a row as text that is equal for equal numbers; null stands for no face. */
function numbersOf(values: readonly unknown[]): string {
  for (const value of values) {
    const isNumber = typeof value === 'number' && Number.isFinite(value);
    if (!isNumber && value !== null)
      throw new Error(`a line has ${shown(String(value))} for a number`);
  }
  return values.join(' ');
}

function prediction(
  path: unknown,
  label: unknown,
  { hasFaces, classNames }: Reading,
  numbers?: string,
): Content {
  if (typeof path !== 'string' || path === '') throw new Error('a line has no path');
  if (typeof label !== 'string' || !classNames.includes(label)) {
    throw new Error(`${shown(path)} has the label ${shown(label)}, which is none of ${classNames}`);
  }
  const says = { kind: 'label', label, ...(numbers !== undefined && { numbers }) } as const;
  return { ...faceOf(parsePathLine(path), hasFaces), says };
}

/** `photo.jpg#1` is face 1 of photo.jpg. */
function faceOf(path: Buffer, hasFaces: boolean): Pick<MergeRecord, 'path' | 'face'> {
  if (!hasFaces) return { path, face: 0 };
  // A character a byte, so that it begins at the same place.
  const suffix = faceSuffix(path.toString('latin1'));
  if (suffix === undefined) throw new Error(`${shownPath(path)} has no number of a face`);
  return { path: path.subarray(0, suffix.start), face: suffix.face };
}

function manifestContent(line: string): Content {
  const { source, face, status, reason, overlaps } = parseObject(line);
  if (typeof source !== 'string' || source === '') throw new Error('a line has no source');
  if (status === undefined) {
    if (!Number.isSafeInteger(face)) throw new Error(`${shown(source)} has no number of a face`);
    const says = { kind: 'face', overlaps: typeof overlaps === 'number' } as const;
    return { path: parsePathLine(source), face: face as number, says };
  }
  if (typeof reason !== 'string' || (status !== 'no_face' && status !== 'unreadable')) {
    throw new Error(`${shown(source)} has the status ${shown(status)}`);
  }
  const kind = status === 'unreadable' ? 'failed' : status;
  return { path: placeOf(source, reason), face: 0, says: { kind } };
}

/** A folder that could not be read stands where its images would: a walk sorts it as `name/`. */
function placeOf(text: string, reason: string): Buffer {
  const path = parsePathLine(text);
  return reason.startsWith(UNREADABLE_FOLDER) ? Buffer.concat([path, Buffer.from('/')]) : path;
}

/** A file that is gone through: the record that is next. */
export class Head {
  /** Undefined at the end. */
  current: MergeRecord | undefined;

  private constructor(
    readonly file: string,
    private readonly records: Records,
  ) {}

  /**
   * @param name one of MERGED_FILES
   * @throws UserError where it cannot be read
   */
  static async open(name: string, file: string, reading: Reading): Promise<Head> {
    const head = new Head(file, READERS[name](file, reading));
    await head.advance();
    return head;
  }

  /**
   * What the file says of the input that is next, all of its faces.
   *
   * @throws UserError where these are not numbered from 0
   */
  async takeInput(): Promise<readonly MergeRecord[]> {
    const taken: MergeRecord[] = [];
    for (let next = this.current; next !== undefined; next = this.current) {
      const isAnother = taken.length > 0 && (next.face === 0 || !next.path.equals(taken[0].path));
      if (isAnother) break;
      if (next.face !== taken.length) {
        throw this.damaged(`${shownPath(next.path)} has face ${next.face} out of turn`);
      }
      taken.push(next);
      await this.advance();
    }
    return taken;
  }

  async close(): Promise<void> {
    await this.records.return(undefined);
  }

  damaged(problem: string, cause?: unknown): UserError {
    return new UserError(
      `${shownPath(this.file)}: cannot be merged (${problem}); run the shard again with --overwrite`,
      undefined,
      { cause },
    );
  }

  private async advance(): Promise<void> {
    try {
      const { value } = await this.records.next();
      this.current = value;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const isLong =
        error instanceof LongLineError ||
        (error as { code?: unknown }).code === 'CSV_MAX_RECORD_SIZE';
      const problem = isLong ? 'a line is longer than 1 MiB' : (error as Error).message;
      throw this.damaged(shown(problem.split('\n', 1)[0]), error);
    }
  }
}
