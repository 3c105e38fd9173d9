/** Files of results of several shards joined into the file of a whole run, record by record, bytes as they are. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { AtomicFile } from '../files/atomic.js';
import { csvRecord } from '../files/csv.js';
import { UserError } from '../files/errors.js';
import { readLines } from '../files/lines.js';
import { parsePathLine, pathLine } from '../files/paths.js';
import { shown } from '../files/shown.js';
import { shownPath } from '../files/shown-path.js';
import { faceSuffix } from '../inputs/face-name.js';
import { UNREADABLE_FOLDER } from '../inputs/folder.js';
import { MANIFEST_NAME } from '../outputs/manifest.js';
import { FAILED_NAME, PREDICTION_NAMES } from '../outputs/predictions.js';

/** What a file says of an input, or of one of its faces. */
interface MergeRecord {
  /** With its line end. */
  readonly text: string;
  /** The input, by the path it was read from. */
  readonly path: Buffer;
  /** Of the second face of a photograph and those that follow. */
  readonly isContinuation: boolean;
}

type Records = AsyncGenerator<MergeRecord, undefined>;

/** The kinds of files, by the name they have. */
const READERS: Readonly<Record<string, (file: string, hasFaces: boolean) => Records>> = {
  [PREDICTION_NAMES.txt]: (file, hasFaces) =>
    readEach(file, (line) => faceOf(parsePathLine(line.slice(0, line.lastIndexOf(' '))), hasFaces)),
  [PREDICTION_NAMES.jsonl]: (file, hasFaces) =>
    readEach(file, (line) => faceOf(parsePathLine(JSON.parse(line).path), hasFaces)),
  [PREDICTION_NAMES.csv]: readCsv,
  [FAILED_NAME]: (file) =>
    readEach(file, (line) => {
      const [name, reason] = line.split('\t');
      return { path: placeOf(parsePathLine(name), reason), isContinuation: false };
    }),
  [MANIFEST_NAME]: (file) =>
    readEach(file, (line) => {
      const { source, face, reason } = JSON.parse(line);
      return { path: placeOf(parsePathLine(source), reason), isContinuation: face > 0 };
    }),
};

/** The files that can be merged. */
export const MERGED_FILES = Object.keys(READERS);

async function* readEach(
  file: string,
  parseLine: (line: string) => Omit<MergeRecord, 'text'>,
): Records {
  for await (const line of readLines(file)) yield { text: `${line}\n`, ...parseLine(line) };
  return undefined;
}

async function* readCsv(file: string, hasFaces: boolean): Records {
  const rows = createReadStream(file).pipe(parse({ from: 2 }));
  for await (const record of rows) {
    yield { text: csvRecord(record), ...faceOf(parsePathLine(record[0]), hasFaces) };
  }
  return undefined;
}

/** `photo.jpg#1` is face 1 of photo.jpg. */
function faceOf(path: Buffer, hasFaces: boolean): Omit<MergeRecord, 'text'> {
  if (!hasFaces) return { path, isContinuation: false };
  // A character a byte, so that it begins at the same place.
  const suffix = faceSuffix(path.toString('latin1'));
  if (suffix === undefined) throw new Error(`${pathLine(path)} has no number of a face`);
  return { path: path.subarray(0, suffix.start), isContinuation: suffix.face > 0 };
}

/** A folder that could not be read stands where its images would: a walk sorts it as `name/`. */
function placeOf(path: Buffer, reason: string | undefined): Buffer {
  return reason?.startsWith(UNREADABLE_FOLDER) ? Buffer.concat([path, Buffer.from('/')]) : path;
}

/**
 * Joins the files of one kind.
 *
 * @param files of the shards, those that there are
 * @param hasFaces paths in predictions are `<photograph>#<face>`
 * @param order the inputs of the whole run in their order; undefined for that of a walk, which is byte order
 * @param header first line of the result
 * @returns the file written out, still under its partial name
 * @throws UserError where a file is damaged, or has records of inputs that are not in `order`
 */
export async function mergeFiles(
  name: string,
  files: readonly string[],
  target: string,
  hasFaces: boolean,
  order: AsyncIterable<Buffer> | undefined,
  header = '',
): Promise<AtomicFile> {
  const heads: Head[] = [];
  const merged = await AtomicFile.create(target);
  try {
    await merged.write(header);
    for (const file of files) {
      const head = new Head(file, READERS[name](file, hasFaces));
      if (await head.advance()) heads.push(head);
    }
    if (order === undefined) await mergeSorted(heads, merged);
    else await mergeInOrder(heads, order, merged);
    return merged;
  } catch (error) {
    await merged.discard();
    throw error;
  } finally {
    for (const head of heads) await head.close();
  }
}

/** The next record of a file. */
class Head {
  current!: MergeRecord;

  constructor(
    readonly file: string,
    private readonly records: Records,
  ) {}

  /** @returns whether there is another record */
  async advance(): Promise<boolean> {
    let next: IteratorResult<MergeRecord, undefined>;
    try {
      next = await this.records.next();
    } catch (error) {
      throw new UserError(
        `${shownPath(this.file)}: cannot be read (${shown((error as Error).message)}); run the shard again with --overwrite`,
        undefined,
        { cause: error },
      );
    }
    if (next.done) return false;
    this.current = next.value;
    return true;
  }

  /** Copies what the file says of the input that is next, all of its faces. @returns whether more follows */
  async copyInput(target: AtomicFile): Promise<boolean> {
    const { path } = this.current;
    do {
      await target.write(this.current.text);
      if (!(await this.advance())) return false;
    } while (this.current.isContinuation && this.current.path.equals(path));
    return true;
  }

  async close(): Promise<void> {
    await this.records.return(undefined);
  }
}

async function mergeSorted(heads: readonly Head[], target: AtomicFile): Promise<void> {
  // The smallest is last, where it is taken from.
  const sorted: Head[] = [];
  const insert = (head: Head) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Buffer.compare(sorted[middle].current.path, head.current.path) > 0) low = middle + 1;
      else high = middle;
    }
    sorted.splice(low, 0, head);
  };
  for (const head of heads) insert(head);
  for (let head = sorted.pop(); head !== undefined; head = sorted.pop()) {
    if (await head.copyInput(target)) insert(head);
  }
}

async function mergeInOrder(
  heads: readonly Head[],
  order: AsyncIterable<Buffer>,
  target: AtomicFile,
): Promise<void> {
  const key = (path: Buffer) => path.toString('latin1');
  // An input belongs to one shard, so no two heads have the same path.
  const waiting = new Map(heads.map((head) => [key(head.current.path), head]));
  for await (const path of order) {
    const head = waiting.get(key(path));
    if (head === undefined) continue;
    waiting.delete(key(path));
    if (await head.copyInput(target)) waiting.set(key(head.current.path), head);
  }
  const [left] = waiting.values();
  if (left === undefined) return;
  throw new UserError(
    `${shownPath(left.file)}: has results of ${shownPath(left.current.path)}, which the list of inputs does not name there; give the list that the shards were given`,
  );
}
