/**
 * Predictions read back from the files that `PredictionFiles` writes, a piece at a time: memory does
 * not grow with the file.
 */
import path from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { csvText } from '../files/text/csv.js';
import { quoted, shown } from '../files/text/shown.js';
import { shownPath } from '../files/text/shown-path.js';
import { csvErrorReason } from '../files/text/text-file.js';
import { putBack, readChunks } from './prediction-chunks.js';
import { ClassesOfFile, RECORD_HINT, unknownLabel } from './prediction-classes.js';
import { type PredictionsBeginning, readBeginning } from './prediction-format.js';
import { recordedClassNames } from './run-record.js';
import {
  malformed,
  OVERLAPS,
  type StoredPrediction,
  stored,
  storedPath,
  withBetterFace,
} from './stored-prediction.js';

export type { StoredPrediction };

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;

/** A longer line is no prediction, and the file is perhaps no text. */
const MAX_LINE = 1 << 20;

/** A file of predictions, of which the beginning is read. */
export interface PredictionsFile {
  /** Labels that may occur; in this order come the probabilities. */
  readonly classNames: readonly string[];
  /**
   * To be gone through once. They come some thousands at a time, which is about twice as fast as one at a time.
   *
   * @throws UserError for a malformed line, an unknown label or a value that is no probability, with the line's number
   */
  readonly batches: AsyncIterable<StoredPrediction[]>;
  /** Closes the file. Going through the batches does so too, also where it ends early. */
  close(): Promise<void>;
}

/**
 * Opens `pred_ethnicities.txt`, `predictions.csv` or `predictions.jsonl`, told apart by their first line. Empty lines
 * are passed over. An empty file has no predictions, which is no error here.
 *
 * The classes are the columns of the first prediction that are no other column; where the file has none, those of the
 * record beside it, and without a record those of the bundled model.
 *
 * @param file path; `-` is standard input
 * @param fallback the classes of a file without columns of classes and without a record, instead of those of the
 *   bundled model
 * @throws UserError for a file that cannot be read, for names of classes that break the rule, and as `batches` does
 */
export async function openPredictions(
  file: string,
  fallback?: readonly string[],
): Promise<PredictionsFile> {
  const name = file === '-' ? 'standard input' : shownPath(file);
  const recorded = file === '-' ? undefined : await recordedClassNames(path.dirname(file));
  const classes = new ClassesOfFile(name, { recorded, fallback });
  const batches = readBatches(file, name, classes);
  const { done, value: first = [] } = await batches.next();
  return {
    classNames: classes.names,
    batches: done ? batches : putBack(first, batches),
    close: async () => void (await batches.return(undefined)),
  };
}

async function* readBatches(
  file: string,
  name: string,
  classes: ClassesOfFile,
): AsyncGenerator<StoredPrediction[]> {
  const all = readChunks(file, name);
  try {
    const beginning = await readBeginning(all, name);
    if (beginning === undefined) return;
    if (beginning.format === 'csv') yield* readCsv(beginning, name, classes);
    else if (beginning.format === 'jsonl') {
      yield* readLines(beginning, name, jsonlParser(name, classes));
    } else yield* readLines(beginning, name, txtParser(name, classes.names));
  } finally {
    // Also where the first line is refused.
    await all.return(undefined);
  }
}

/** Parses bytes `from` .. `to` of `buffer`, which are one line without its end. */
type LineParser = (buffer: Buffer, from: number, to: number, line: number) => StoredPrediction;

async function* readLines(
  { chunks, linesBefore }: PredictionsBeginning,
  name: string,
  parseLine: LineParser,
): AsyncGenerator<StoredPrediction[]> {
  let rest: Buffer = Buffer.alloc(0);
  let line = linesBefore;
  const parseWholeLines = (buffer: Buffer): StoredPrediction[] => {
    const batch: StoredPrediction[] = [];
    let from = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE, from)) {
      line += 1;
      const to = end > from && buffer[end - 1] === RETURN ? end - 1 : end;
      if (to > from) batch.push(parseLine(buffer, from, to, line));
      from = end + 1;
    }
    rest = buffer.subarray(from);
    return batch;
  };
  for await (const chunk of chunks) {
    const batch = parseWholeLines(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
    if (batch.length > 0) yield batch;
    if (rest.length > MAX_LINE) throw malformed(name, line + 1, 'longer than 1 MiB');
  }
  const last = parseWholeLines(Buffer.concat([rest, Buffer.from('\n')]));
  if (last.length > 0) yield last;
}

/** `<path> <label>` */
function txtParser(name: string, classNames: readonly string[]): LineParser {
  const classes = classNames.map((label) => ({ label, bytes: Buffer.from(label) }));
  return (buffer, from, to, line) => {
    let space = to - 1;
    while (space > from && buffer[space] !== SPACE) space -= 1;
    if (space <= from) {
      const text = buffer.toString('utf8', from, Math.min(to, from + 200));
      throw malformed(name, line, `expected \`<path> <label>\`, received ${quoted(text)}`);
    }
    const found = classes.find(({ bytes }) => equalBytes(bytes, buffer, space + 1, to));
    if (found === undefined) {
      const label = buffer.toString('utf8', space + 1, to);
      throw unknownLabel(name, line, label, classNames, RECORD_HINT);
    }
    const path =
      buffer[from] === QUOTE
        ? storedPath(name, line, buffer.toString('utf8', from, space))
        : Buffer.from(buffer.subarray(from, space));
    return { path, label: found.label, line };
  };
}

/** Whether bytes `from` .. `to` of `buffer` are `bytes`. */
function equalBytes(bytes: Buffer, buffer: Buffer, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buffer[from + i]) return false;
  return true;
}

/** `{"path":...,"label":...,"<class>":<probability>,...}` */
function jsonlParser(name: string, classes: ClassesOfFile): LineParser {
  return (buffer, from, to, line) => {
    let row: Record<string, unknown>;
    try {
      row = JSON.parse(buffer.toString('utf8', from, to));
    } catch {
      throw malformed(name, line, 'not a complete JSON object');
    }
    const { path, label } = row ?? {};
    if (typeof path !== 'string' || typeof label !== 'string') {
      throw malformed(name, line, 'expected an object with "path" and "label"');
    }
    classes.learn(() => new Map(Object.entries(row)), line);
    if (!classes.names.includes(label)) throw classes.unknown(label, line);
    const values = classes.names.map((c) => (Object.hasOwn(row, c) ? row[c] : undefined));
    const better = Object.hasOwn(row, OVERLAPS) ? (row[OVERLAPS] ?? undefined) : undefined;
    return withBetterFace(stored(name, line, path, label, classes.names, values), name, better);
  };
}

/** Header `path,label`, further columns in any order; the classes' columns are probabilities. */
async function* readCsv(
  { chunks, linesBefore }: PredictionsBeginning,
  name: string,
  classes: ClassesOfFile,
): AsyncGenerator<StoredPrediction[]> {
  let line = linesBefore + 1;
  let header: readonly string[] | undefined;
  let columns: readonly number[] | undefined;
  let batch: StoredPrediction[] = [];
  const takeRecord = (fields: string[]) => {
    if (header === undefined) {
      header = fields;
      return;
    }
    if (fields.length !== header.length)
      throw malformed(name, line, 'has another number of fields than the header');
    if (columns === undefined) {
      classes.learn(() => furtherColumns(header!, fields), line);
      columns = classColumns(name, linesBefore + 1, header, classes.names);
    }
    const label = csvText(fields[1]);
    if (!classes.names.includes(label)) throw classes.unknown(label, line);
    const values = columns.map((column) =>
      column < 0 ? undefined : numberOrText(fields[column], 1),
    );
    const prediction = stored(name, line, fields[0], label, classes.names, values);
    const better = fields[header.indexOf(OVERLAPS)] || undefined;
    batch.push(
      withBetterFace(prediction, name, better && numberOrText(better, Number.MAX_SAFE_INTEGER)),
    );
  };
  const parser = parse({
    // Lines without anything have one field; skipped by the parser, they would not be counted.
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: MAX_LINE,
    on_record: (fields: string[], info) => {
      const isEmpty = fields.length === 1 && fields[0] === '';
      if (!isEmpty) takeRecord(fields);
      line = linesBefore + info.lines + 1;
      // Nothing is left to be read from the parser's other end.
      return null;
    },
  });
  parser.resume();
  // Errors are handed to the calls below too; unheard, they would end the process.
  parser.on('error', () => {});
  try {
    for await (const chunk of chunks) {
      await settled((done) => parser.write(chunk, done));
      if (batch.length > 0) yield batch;
      batch = [];
    }
    await settled((done) => parser.end(done));
    if (batch.length > 0) yield batch;
  } catch (error) {
    if (!isCsvError(error)) throw error;
    throw malformed(name, line, csvErrorReason(error));
  }
}

/** The columns after path and label, with the values of a record. */
function furtherColumns(
  header: readonly string[],
  fields: readonly string[],
): ReadonlyMap<string, number | string> {
  return new Map(header.slice(2).map((column, i) => [column, numberOrText(fields[i + 2], 1)]));
}

/**
 * Where the columns of the classes are; -1 for each where there is none of them.
 *
 * @throws UserError for one that is there twice, and where there are some
 */
function classColumns(
  name: string,
  line: number,
  header: readonly string[],
  classNames: readonly string[],
): readonly number[] {
  const remedy = 'correct the header';
  const twice = classNames.find((c) => header.indexOf(c) !== header.lastIndexOf(c));
  if (twice !== undefined)
    throw malformed(name, line, `the column ${twice} is there twice`, remedy);
  const columns = classNames.map((c) => header.indexOf(c));
  const missing = classNames.filter((_, k) => columns[k] < 0);
  if (missing.length === 0 || missing.length === classNames.length) return columns;
  const names = `${missing.length === 1 ? 'column' : 'columns'} ${shown(missing.join(', '))}`;
  throw malformed(name, line, `has no ${names} beside those of other classes`, remedy);
}

function settled(call: (done: (error?: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}

function isCsvError(error: unknown): error is CsvError {
  return error instanceof CsvError;
}

/** A number from 0 to `most`; else the text itself, for the message. */
function numberOrText(text: string, most: number): number | string {
  const value = Number(text);
  return value >= 0 && value <= most && text.trim() !== '' ? value : text;
}
