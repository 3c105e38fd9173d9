/**
 * `align_manifest.jsonl`: one JSON object a line, for each face where it was found and how it was
 * cut out, and for each image without one why.
 */
import { createReadStream } from 'node:fs';
import { parsePathLine, pathText } from '../image/paths.js';
import { isFileError } from '../image/reasons.js';
import { AtomicFile } from './atomic.js';

type Point = readonly [x: number, y: number];
type MatrixRow = readonly [number, number, number];

/** Coordinates are pixels of the original upright image, (0, 0) the centre of the first pixel. */
export interface FaceRow {
  /** The image file. */
  source: Buffer;
  /** 0 for the face of the best score. */
  face: number;
  /** The file of the crop; null when none is kept. */
  crop: Buffer | null;
  score: number;
  box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Left eye, right eye, nose, left and right corner of the mouth, as seen in the image. */
  landmarks: readonly Point[];
  /** Maps image coordinates to crop coordinates. */
  matrix: readonly [MatrixRow, MatrixRow];
}

export interface StatusRow {
  source: Buffer;
  status: 'no_face' | 'unreadable';
  reason: string;
}

export type ManifestRow = FaceRow | StatusRow;

/** float32 scores below 1 differ by at least 6e-8. */
const SCORE_DECIMALS = 8;
/** float32 coordinates beyond 1024 differ by at least 1e-4 pixels. */
const COORDINATE_DECIMALS = 4;
/** Over an image 100,000 pixels wide, less than 1e-4 pixels off. */
const MATRIX_DIGITS = 10;

export class ManifestWriter {
  private constructor(private readonly file: AtomicFile) {}

  static async open(path: Buffer | string): Promise<ManifestWriter> {
    return new ManifestWriter(await AtomicFile.create(path));
  }

  /** Appends the rows of one image. */
  write(rows: readonly ManifestRow[]): Promise<void> {
    return this.writeRaw(rows.map(formatRow));
  }

  /** Appends rows as `PreviousManifest` returns them. */
  writeRaw(lines: readonly string[]): Promise<void> {
    return this.file.write(lines.map((line) => `${line}\n`).join(''));
  }

  commit(): Promise<void> {
    return this.file.commit();
  }

  /** Leaves what was written under the partial name, where `--check_exists` finds it. */
  suspend(): Promise<void> {
    return this.file.seal();
  }

  discard(): Promise<void> {
    return this.file.discard();
  }
}

/** `row` as one line of JSON, without its line end. */
export function formatRow(row: ManifestRow): string {
  const source = pathText(row.source);
  if ('status' in row) return JSON.stringify({ source, status: row.status, reason: row.reason });
  const coordinate = (value: number) => Number(value.toFixed(COORDINATE_DECIMALS));
  return JSON.stringify({
    source,
    face: row.face,
    crop: row.crop && pathText(row.crop),
    score: Number(row.score.toFixed(SCORE_DECIMALS)),
    box: row.box.map(coordinate),
    landmarks: row.landmarks.map((point) => point.map(coordinate)),
    matrix: row.matrix.map((values) =>
      values.map((value) => Number(value.toPrecision(MATRIX_DIGITS))),
    ),
  });
}

/** The rows of an earlier run, asked for image by image. */
export interface PreviousManifest {
  /** The rows of one image, as they stand; undefined when the earlier run has none. */
  take(source: Buffer): Promise<string[] | undefined>;
  close(): Promise<void>;
}

interface Group {
  source: Buffer;
  rows: string[];
}

/**
 * Opens the manifest of an earlier run over a walked folder, for `take` in the same order (byte
 * order of the path): both are gone through side by side, and nothing but the rows of one image is
 * held. Rows of images that come before the one asked for are passed over for good.
 */
export function mergePreviousManifest(path: Buffer | string): PreviousManifest {
  const groups = readGroups(path);
  let current: Group | undefined;
  let ended = false;
  const advance = async () => {
    const { value, done } = await groups.next();
    current = done ? undefined : value;
    ended = done === true;
  };
  return {
    async take(source) {
      if (!current && !ended) await advance();
      while (current && Buffer.compare(current.source, source) < 0) await advance();
      if (!current?.source.equals(source)) return undefined;
      const { rows } = current;
      current = undefined;
      return rows;
    },
    async close() {
      ended = true;
      current = undefined;
      await groups.return(undefined);
    },
  };
}

/** Reads the whole manifest of an earlier run, for `take` in any order (`--in_list`). */
export async function indexPreviousManifest(path: Buffer | string): Promise<PreviousManifest> {
  const rowsOf = new Map<string, string[]>();
  for await (const { source, rows } of readGroups(path)) {
    const key = source.toString('latin1');
    rowsOf.set(key, [...(rowsOf.get(key) ?? []), ...rows]);
  }
  return {
    take: async (source) => rowsOf.get(source.toString('latin1')),
    close: async () => rowsOf.clear(),
  };
}

/**
 * The rows of a manifest by image, in its order; none when there is no such file. Lines that are no
 * rows are passed over. A last line that a crash cut short is too, and with it the rows before it
 * when it may belong to the same image: they would not be all of them.
 */
async function* readGroups(path: Buffer | string): AsyncGenerator<Group, undefined> {
  let group: Group | undefined;
  for await (const { text, whole } of readLines(path)) {
    if (!whole) {
      const start = group && `{"source":${JSON.stringify(pathText(group.source))},`;
      if (start && (text.startsWith(start) || start.startsWith(text))) group = undefined;
      break;
    }
    const source = sourceOf(text);
    if (!source) continue;
    if (group?.source.equals(source)) {
      group.rows.push(text);
    } else {
      if (group) yield group;
      group = { source, rows: [text] };
    }
  }
  if (group) yield group;
  return undefined;
}

/** The image a row speaks of; undefined when the line is no row. */
function sourceOf(line: string): Buffer | undefined {
  try {
    const { source } = JSON.parse(line);
    return typeof source === 'string' ? parsePathLine(source) : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a file without their ends; the last is not `whole` when it has none. */
async function* readLines(path: Buffer | string): AsyncGenerator<{ text: string; whole: boolean }> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) yield { text, whole: true };
    }
  } catch (error) {
    if (isFileError(error) && error.code === 'ENOENT') return;
    throw error;
  }
  if (rest !== '') yield { text: rest, whole: false };
}
